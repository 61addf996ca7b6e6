//! `threading.Barrier`.

use std::{cell::RefCell, sync::Arc, time::Duration};

use rustpython_vm::{
    AsObject, FromArgs, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyType, PyTypeRef},
    function::{ArgIntoFloat, FuncArgs},
    pyclass,
    types::{Comparable, Constructor, Hashable, Initializer, Representable},
};

use super::{
    face::{Core, SharedFace, shared_face},
    timeout::{Limit, TIMEOUT_MAX, WaitArgs, parker},
};
use crate::sync::{Arrival, Barrier};

/// A point where a number of parties wait for one another. It is shared: when it crosses to another interpreter, it is
/// the same barrier there.
#[pyclass(module = "threading", name = "Barrier")]
#[derive(Debug, PyPayload)]
pub(super) struct PyBarrier {
    core: Core<Barrier>,
    action: RefCell<Option<PyObjectRef>>,
}

impl PyBarrier {
    pub(super) fn set_action(&self, action: Option<PyObjectRef>) {
        let old = self.action.replace(action);
        drop(old);
    }
}

impl SharedFace for PyBarrier {
    type Core = Barrier;

    fn core(&self) -> &Core<Barrier> {
        &self.core
    }

    fn extra(&self) -> Option<PyObjectRef> {
        self.action.borrow().clone()
    }

    fn with_core(core: Arc<Barrier>) -> Self {
        Self {
            core: Core::of(core),
            action: RefCell::default(),
        }
    }

    fn reinit(&self) {}
}
shared_face!(PyBarrier, Barrier, "Barrier");

#[derive(FromArgs)]
pub(super) struct MakeArgs {
    #[pyarg(any)]
    parties: isize,
    #[pyarg(any, default)]
    action: Option<PyObjectRef>,
    #[pyarg(any, default)]
    timeout: Option<ArgIntoFloat>,
}

impl Constructor for PyBarrier {
    type Args = FuncArgs;

    fn py_new(_class: &Py<PyType>, _args: FuncArgs, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self {
            core: Core::empty(),
            action: RefCell::default(),
        })
    }
}

impl Initializer for PyBarrier {
    type Args = MakeArgs;

    fn init(zelf: &Py<Self>, args: MakeArgs, vm: &VirtualMachine) -> PyResult<()> {
        let parties = usize::try_from(args.parties).ok().filter(|parties| *parties > 0);
        let parties = parties.ok_or_else(|| vm.new_value_error("parties must be >= 1"))?;
        let seconds = args.timeout.map(ArgIntoFloat::into_float);
        let timeout = seconds.map(|seconds| Duration::from_secs_f64(seconds.clamp(0.0, TIMEOUT_MAX)));
        zelf.core.set(Barrier::new(parties, timeout));
        zelf.set_action(args.action);
        Ok(())
    }
}

impl Representable for PyBarrier {
    fn repr_str(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<String> {
        let name = super::event::qualified_name(zelf.as_object(), vm)?;
        let core = Self::ready(zelf, vm)?;
        if core.is_broken() {
            return Ok(format!("<{name} at {:#x}: broken>", zelf.get_id()));
        }
        Ok(format!(
            "<{name} at {:#x}: waiters={}/{}>",
            zelf.get_id(),
            core.waiting(),
            core.parties()
        ))
    }
}

fn broken(vm: &VirtualMachine) -> PyBaseExceptionRef {
    let class = vm
        .import("threading", 0)
        .and_then(|module| module.get_attr("BrokenBarrierError", vm));
    match class.and_then(|class| class.try_into_value::<PyTypeRef>(vm)) {
        Ok(class) => vm.new_exception_empty(class),
        Err(error) => error,
    }
}

#[pyclass(
    with(Comparable, Constructor, Hashable, Initializer, Representable, SharedFace),
    flags(BASETYPE, HAS_DICT, HAS_WEAKREF)
)]
impl PyBarrier {
    /// Arrives and waits for the others, or for at most timeout seconds, after which the barrier is broken. Returns a
    /// number that is another one for each party.
    #[pymethod]
    fn wait(zelf: &Py<Self>, args: WaitArgs, vm: &VirtualMachine) -> PyResult<usize> {
        let core = Self::ready(zelf, vm)?;
        let deadline = match (args.timeout.is_none(), core.timeout()) {
            (true, Some(timeout)) => crate::channel::deadline(timeout),
            _ => match args.limit(vm)? {
                Limit::Now => Some(std::time::Instant::now()),
                Limit::At(deadline) => deadline,
            },
        };
        let action = zelf.extra();
        let arrival = core.wait(&mut parker(vm, deadline), || match &action {
            Some(action) => action.call((), vm).map(drop),
            None => Ok(()),
        })?;
        match arrival {
            Arrival::Passed(index) => Ok(index),
            Arrival::Broken => Err(broken(vm)),
        }
    }

    /// Makes it as new. Those who wait get BrokenBarrierError.
    #[pymethod]
    fn reset(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        Self::ready(zelf, vm)?.reset();
        Ok(())
    }

    /// Breaks it: those who wait and those who come get BrokenBarrierError.
    #[pymethod]
    fn abort(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        Self::ready(zelf, vm)?.abort();
        Ok(())
    }

    /// How many have to arrive.
    #[pygetset]
    fn parties(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<usize> {
        Ok(Self::ready(zelf, vm)?.parties())
    }

    /// How many wait for the others now.
    #[pygetset]
    fn n_waiting(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<usize> {
        Ok(Self::ready(zelf, vm)?.waiting())
    }

    /// True if it is broken.
    #[pygetset]
    fn broken(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<bool> {
        Ok(Self::ready(zelf, vm)?.is_broken())
    }
}
