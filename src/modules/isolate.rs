//! Interpreters that Python code makes for itself.

use std::sync::Arc;

use rustpython_vm::{
    FromArgs, Py, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::PyModule,
    class::PyClassImpl,
    class_or_notimplemented,
    common::hash::PyHash,
    function::PyComparisonValue,
    pyclass,
    types::{Comparable, Hashable, PyComparisonOp, Representable},
};

use super::{child::here, parcel::CallArgs};
use crate::{
    bridge,
    interpreter::{Isolate, claim_task},
    parcel,
    value::{Handle, Shared},
};

/// Adds what concerns isolates to the native module.
pub(super) fn init(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    module.set_attr("Isolate", PyIsolate::make_static_type(), vm)?;
    register_face();
    module.set_attr("isolate", vm.new_function("isolate", make), vm)?;
    module.set_attr("isolates", vm.new_function("isolates", all), vm)
}

fn register_face() {
    bridge::register_face::<PyIsolate>(|isolate| Handle::new(isolate.isolate.clone()));
}

impl Shared for Isolate {
    fn kind(&self) -> &'static str {
        "Isolate"
    }

    fn materialize(self: Arc<Self>, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
        let _class = PyIsolate::make_static_type();
        register_face();
        Ok(PyIsolate { isolate: self }.into_pyobject(vm))
    }
}

#[derive(FromArgs)]
struct IsolateArgs {
    #[pyarg(any, default)]
    name: Option<String>,
}

fn make(args: IsolateArgs, vm: &VirtualMachine) -> PyResult {
    Isolate::create(vm, args.name)?.materialize(vm)
}

fn all(vm: &VirtualMachine) -> PyResult {
    let isolates = here(vm)?.identity.family.isolates().into_iter();
    let objects: PyResult<Vec<_>> = isolates.map(|isolate| isolate.materialize(vm)).collect();
    Ok(vm.ctx.new_list(objects?).into())
}

/// An interpreter on a thread of its own that runs one call after another. It lives until it is closed, or until no
/// object stands for it any more. Objects in several interpreters can be the same isolate.
#[pyclass(module = "ungil", name = "Isolate")]
#[derive(PyPayload)]
pub(super) struct PyIsolate {
    isolate: Arc<Isolate>,
}

impl std::fmt::Debug for PyIsolate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Isolate").field(&self.isolate.name()).finish()
    }
}

#[pyclass(flags(DISALLOW_INSTANTIATION), with(Comparable, Hashable, Representable))]
impl PyIsolate {
    /// The number of its interpreter.
    #[pygetset]
    fn ident(zelf: &Py<Self>) -> u64 {
        zelf.isolate.id()
    }

    /// Its name.
    #[pygetset]
    fn name(zelf: &Py<Self>) -> String {
        zelf.isolate.name().to_owned()
    }

    /// Waits until it is built, and raises if it cannot be.
    #[pymethod]
    fn check(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        zelf.isolate.check_built().map_err(|error| bridge::raise(vm, &error))
    }

    /// Has it call a function, after the calls that it has; returns a Child to wait for.
    #[pymethod]
    fn call(zelf: &Py<Self>, args: CallArgs, vm: &VirtualMachine) -> PyResult {
        let call = args.pack(vm)?;
        claim_task(vm)?;
        zelf.isolate.call(call).materialize(vm)
    }

    /// Has it run statements in its `__main__`; returns a Child to wait for.
    #[pymethod]
    fn exec(zelf: &Py<Self>, source: String, vm: &VirtualMachine) -> PyResult {
        claim_task(vm)?;
        zelf.isolate.exec(source.into()).materialize(vm)
    }

    /// Has it set a name of its `__main__`; returns a Child to wait for.
    #[pymethod]
    fn set(zelf: &Py<Self>, name: String, object: PyObjectRef, vm: &VirtualMachine) -> PyResult {
        let parcel = parcel::pack(vm, &object, "object")?;
        zelf.isolate.set(name, parcel).materialize(vm)
    }

    /// True while it runs something.
    #[pymethod]
    fn is_running(zelf: &Py<Self>) -> bool {
        zelf.isolate.is_running()
    }

    /// True until it is closed.
    #[pymethod]
    fn is_alive(zelf: &Py<Self>) -> bool {
        zelf.isolate.is_alive()
    }

    /// True for code that runs in it.
    #[pymethod]
    fn is_current(zelf: &Py<Self>) -> bool {
        zelf.isolate.is_current()
    }

    /// Ends it when it has finished what it runs, and waits for that.
    #[pymethod]
    fn close(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        zelf.isolate.close().map_err(|error| bridge::raise(vm, &error))
    }
}

impl Comparable for PyIsolate {
    fn cmp(zelf: &Py<Self>, other: &PyObject, op: PyComparisonOp, _vm: &VirtualMachine) -> PyResult<PyComparisonValue> {
        op.eq_only(|| {
            let other = class_or_notimplemented!(Self, other);
            Ok(Arc::ptr_eq(&zelf.isolate, &other.isolate).into())
        })
    }
}

impl Hashable for PyIsolate {
    fn hash(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<PyHash> {
        Ok(zelf.isolate.id() as PyHash)
    }
}

impl Representable for PyIsolate {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        let state = if zelf.isolate.is_alive() { "open" } else { "closed" };
        Ok(format!("<ungil.Isolate {:?} {state}>", zelf.isolate.name()))
    }
}
