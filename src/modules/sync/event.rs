//! `threading.Event`.

use std::sync::Arc;

use rustpython_vm::{
    AsObject, Py, PyObject, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::PyType,
    function::FuncArgs,
    pyclass,
    types::{Comparable, Constructor, Hashable, Initializer, Representable},
};

use super::{
    face::{Core, SharedFace, awaitable, shared_face},
    timeout::{Limit, WaitArgs, parker},
};
use crate::sync::Event;

/// A flag that others wait for. It is shared: when it crosses to another interpreter, it is the same flag there.
#[pyclass(module = "threading", name = "Event")]
#[derive(Debug, PyPayload)]
pub(crate) struct PyEvent {
    core: Core<Event>,
}

impl PyEvent {
    /// What it stands for.
    pub(crate) fn event(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<Arc<Event>> {
        Self::ready(zelf, vm)
    }
}

impl SharedFace for PyEvent {
    type Core = Event;

    fn core(&self) -> &Core<Event> {
        &self.core
    }

    fn with_core(core: Arc<Event>) -> Self {
        Self { core: Core::of(core) }
    }

    fn reinit(&self) {}
}
shared_face!(PyEvent, Event, "Event", Waitable);

/// `module.Class` of an object, as `repr` shows it.
pub(super) fn qualified_name(object: &PyObject, vm: &VirtualMachine) -> PyResult<String> {
    let class = object.class();
    let module = class.__module__(vm)?.str(vm)?;
    let name = class.__qualname__(vm).str(vm)?;
    Ok(format!("{module}.{name}"))
}

impl Constructor for PyEvent {
    type Args = FuncArgs;

    fn py_new(_class: &Py<PyType>, _args: FuncArgs, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self { core: Core::empty() })
    }
}

impl Initializer for PyEvent {
    type Args = ();

    fn init(zelf: &Py<Self>, _args: (), _vm: &VirtualMachine) -> PyResult<()> {
        zelf.core.set(Event::new());
        Ok(())
    }
}

impl Representable for PyEvent {
    fn repr_str(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<String> {
        let set = zelf.core.get().is_some_and(|core| core.is_set());
        let state = if set { "set" } else { "unset" };
        Ok(format!(
            "<{} at {:#x}: {state}>",
            qualified_name(zelf.as_object(), vm)?,
            zelf.get_id()
        ))
    }
}

#[pyclass(
    with(Comparable, Constructor, Hashable, Initializer, Representable, SharedFace),
    flags(BASETYPE, HAS_DICT, HAS_WEAKREF)
)]
impl PyEvent {
    /// True if the flag is set.
    #[pymethod]
    #[pymethod(name = "isSet")]
    fn is_set(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<bool> {
        Ok(Self::ready(zelf, vm)?.is_set())
    }

    #[pygetset]
    fn _flag(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<bool> {
        Self::is_set(zelf, vm)
    }

    /// Sets the flag: all who wait for it go on.
    #[pymethod]
    fn set(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        Self::ready(zelf, vm)?.set();
        Ok(())
    }

    /// Unsets the flag.
    #[pymethod]
    fn clear(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        Self::ready(zelf, vm)?.clear();
        Ok(())
    }

    /// Waits until the flag is set, or for at most timeout seconds. False if it was not set in time.
    #[pymethod]
    fn wait(zelf: &Py<Self>, args: WaitArgs, vm: &VirtualMachine) -> PyResult<bool> {
        let limit = args.limit(vm)?;
        let core = Self::ready(zelf, vm)?;
        match limit {
            _ if core.is_set() => Ok(true),
            Limit::Now => Ok(false),
            Limit::At(deadline) => core.wait(&mut parker(vm, deadline)),
        }
    }

    /// Waits in an event loop.
    #[pymethod]
    fn wait_async(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult {
        awaitable("wait", zelf.into(), vm)
    }
}
