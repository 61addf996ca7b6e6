//! Rust closures as Python callables that can be freed.

use std::fmt;

use rustpython_vm::{
    Context, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::PyType,
    class::{PyClassImpl, StaticType},
    convert::ToPyResult,
    function::{FromArgs, FuncArgs},
    pyclass,
    types::Callable,
};

type Body = Box<dyn Fn(FuncArgs, &VirtualMachine) -> PyResult>;

/// A closure that a script can call. The VM's own functions from closures keep what they captured for the life of the
/// process, which an interpreter that comes and goes cannot afford.
#[pyclass(module = "ungil", name = "host_closure")]
pub(super) struct Closure {
    name: &'static str,
    body: Body,
}

/// Makes the callable. Python's rules for arguments are those of `A`.
pub(super) fn closure<A, R>(
    vm: &VirtualMachine,
    name: &'static str,
    body: impl Fn(A, &VirtualMachine) -> R + 'static,
) -> PyObjectRef
where
    A: FromArgs,
    R: ToPyResult,
{
    let body: Body = Box::new(move |args, vm| body(args.bind(vm)?, vm).to_pyresult(vm));
    Closure { name, body }.into_ref(&vm.ctx).into()
}

impl PyPayload for Closure {
    fn class(_: &Context) -> &'static Py<PyType> {
        if Self::static_cell().get().is_none() {
            let _ = Self::make_static_type();
        }
        Self::static_type()
    }
}

impl fmt::Debug for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Closure").field(&self.name).finish()
    }
}

#[pyclass(with(Callable), flags(DISALLOW_INSTANTIATION, IMMUTABLETYPE))]
impl Closure {
    #[pygetset]
    fn __name__(zelf: &Py<Self>) -> &'static str {
        zelf.name
    }
}

impl Callable for Closure {
    type Args = FuncArgs;

    fn call(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        (zelf.body)(args, vm)
    }
}
