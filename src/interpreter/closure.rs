//! Rust closures as Python callables that can be freed.

use std::fmt;

use rustpython_vm::{
    AsObject, Context, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
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

    #[pygetset]
    fn __qualname__(zelf: &Py<Self>) -> &'static str {
        zelf.name
    }

    /// The module of system calls for what takes the place of one of its functions; None for others, which have no name
    /// that anybody could find them by.
    #[pygetset]
    fn __module__(zelf: &Py<Self>, vm: &VirtualMachine) -> Option<&'static str> {
        let system = if cfg!(windows) { "nt" } else { "posix" };
        let module = vm.import(system, 0).ok()?;
        let known = module.get_attr(zelf.name, vm).ok()?;
        known.is(zelf).then_some(system)
    }

    /// By name, as functions go.
    #[pymethod]
    fn __reduce__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<&'static str> {
        match Self::__module__(zelf, vm) {
            Some(_) => Ok(zelf.name),
            None => Err(vm.new_type_error(format!("cannot pickle the host's function {:?}", zelf.name))),
        }
    }
}

impl Callable for Closure {
    type Args = FuncArgs;

    fn call(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        (zelf.body)(args, vm)
    }
}
