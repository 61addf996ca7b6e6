//! `_thread.lock` and `_thread.RLock`.

use std::{cell::Cell, sync::Arc};

use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::{PyTupleRef, PyType},
    function::FuncArgs,
    pyclass,
    types::{Comparable, Constructor, Hashable, Representable},
};

use super::{
    face::{Core, SharedFace, awaitable, shared_face},
    timeout::{Limit, LockArgs, parker},
};
use crate::sync::{Holder, Lock, RLock};

/// A lock. Whoever acquired it, anyone may release it. It is shared: when it crosses to another interpreter, it is the
/// same lock there, and it is released if the interpreter that holds it ends.
#[pyclass(module = "_thread", name = "lock")]
#[derive(Debug, PyPayload)]
pub(crate) struct PyLock {
    core: Core<Lock>,
    touched: Cell<bool>,
}

impl PyLock {
    pub(super) fn acquire_within(core: &Lock, limit: Limit, vm: &VirtualMachine) -> PyResult<bool> {
        let holder = Holder::current();
        match limit {
            _ if core.try_acquire(&holder) => Ok(true),
            Limit::Now => Ok(false),
            Limit::At(deadline) => core.acquire(&holder, &mut parker(vm, deadline)),
        }
    }

    pub(super) fn release_core(core: &Lock, vm: &VirtualMachine) -> PyResult<()> {
        core.release(&Holder::current(), 1)
            .map_err(|_| vm.new_runtime_error("release unlocked lock"))
    }

    /// The core, which this interpreter is about to take or wait for.
    pub(super) fn touch(&self) -> Arc<Lock> {
        let core = self.core.get().unwrap_or_else(Lock::new);
        if !self.touched.replace(true) {
            core.touched_by(&Holder::current());
        }
        core
    }

    /// A new one, unlocked.
    pub(crate) fn make(vm: &VirtualMachine) -> PyObjectRef {
        Self::bare(Lock::new(), vm)
    }
}

impl SharedFace for PyLock {
    type Core = Lock;

    fn core(&self) -> &Core<Lock> {
        &self.core
    }

    fn with_core(core: Arc<Lock>) -> Self {
        Self {
            core: Core::of(core),
            touched: Cell::new(false),
        }
    }

    fn reinit(&self) {
        self.core.get().inspect(|core| core.reset());
    }
}
shared_face!(PyLock, Lock, "Lock", Waitable);

impl Constructor for PyLock {
    type Args = ();

    fn py_new(_class: &Py<PyType>, _args: (), _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self::with_core(Lock::new()))
    }
}

impl Representable for PyLock {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        let state = if Self::locked(zelf) { "locked" } else { "unlocked" };
        Ok(format!("<{state} _thread.lock object at {:#x}>", zelf.get_id()))
    }
}

#[pyclass(
    with(Comparable, Constructor, Hashable, Representable, SharedFace),
    flags(HAS_WEAKREF)
)]
impl PyLock {
    /// Locks it, waiting until that is possible, or for at most timeout seconds. Returns whether it was locked.
    #[pymethod]
    #[pymethod(name = "acquire_lock")]
    fn acquire(zelf: &Py<Self>, args: LockArgs, vm: &VirtualMachine) -> PyResult<bool> {
        let limit = args.limit(vm)?;
        Self::acquire_within(&zelf.touch(), limit, vm)
    }

    /// Unlocks it, so that one of those who wait for it goes on.
    #[pymethod]
    #[pymethod(name = "release_lock")]
    fn release(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        Self::release_core(&zelf.touch(), vm)
    }

    /// True if it is locked, by whomever.
    #[pymethod]
    #[pymethod(name = "locked_lock")]
    fn locked(zelf: &Py<Self>) -> bool {
        zelf.core.get().is_some_and(|core| core.free() == 0)
    }

    /// To be awaited in an event loop.
    #[pymethod]
    fn acquire_async(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult {
        awaitable("acquire", zelf.into(), vm)
    }

    #[pymethod]
    fn __enter__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<bool> {
        Self::acquire_within(&zelf.touch(), Limit::At(None), vm)
    }

    #[pymethod]
    fn __exit__(zelf: &Py<Self>, _args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        Self::release_core(&zelf.touch(), vm)
    }
}

/// A lock that its owner may acquire again. Its owner is an interpreter. It is shared, as a lock is.
#[pyclass(module = "_thread", name = "RLock")]
#[derive(Debug, PyPayload)]
pub(crate) struct PyRLock {
    core: Core<RLock>,
    touched: Cell<bool>,
}

impl PyRLock {
    pub(super) fn acquire_within(core: &RLock, limit: Limit, vm: &VirtualMachine) -> PyResult<bool> {
        let holder = Holder::current();
        match limit {
            _ if core.try_acquire(&holder) => Ok(true),
            Limit::Now => Ok(false),
            Limit::At(deadline) => core.acquire(&holder, &mut parker(vm, deadline)),
        }
    }

    pub(super) fn touch(&self) -> Arc<RLock> {
        let core = self.core.get().unwrap_or_else(RLock::new);
        if !self.touched.replace(true) {
            core.permits().touched_by(&Holder::current());
        }
        core
    }

    pub(super) fn release_core(core: &RLock, vm: &VirtualMachine) -> PyResult<()> {
        core.release(&Holder::current()).map_err(|_| not_owned(vm))
    }
}

pub(super) fn not_owned(vm: &VirtualMachine) -> rustpython_vm::builtins::PyBaseExceptionRef {
    vm.new_runtime_error("cannot release un-acquired lock")
}

impl SharedFace for PyRLock {
    type Core = RLock;

    fn core(&self) -> &Core<RLock> {
        &self.core
    }

    fn with_core(core: Arc<RLock>) -> Self {
        Self {
            core: Core::of(core),
            touched: Cell::new(false),
        }
    }

    fn reinit(&self) {
        self.core.get().inspect(|core| core.permits().reset());
    }
}
shared_face!(PyRLock, RLock, "RLock", Waitable);

impl Constructor for PyRLock {
    type Args = FuncArgs;

    fn py_new(_class: &Py<PyType>, _args: FuncArgs, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self::with_core(RLock::new()))
    }
}

impl Representable for PyRLock {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        let core = zelf.core.get().unwrap_or_else(RLock::new);
        let (owner, count) = (core.permits().owner(), core.any_depth());
        let state = if owner.is_some() { "locked" } else { "unlocked" };
        let (class, owner) = (zelf.class().name().to_string(), owner.unwrap_or(0));
        Ok(format!(
            "<{state} _thread.{class} object owner={owner} count={count} at {:#x}>",
            zelf.get_id()
        ))
    }
}

#[pyclass(
    with(Comparable, Constructor, Hashable, Representable, SharedFace),
    flags(BASETYPE, HAS_WEAKREF)
)]
impl PyRLock {
    /// Locks it, or locks it once more if this interpreter holds it. Returns whether it was locked.
    #[pymethod]
    #[pymethod(name = "acquire_lock")]
    fn acquire(zelf: &Py<Self>, args: LockArgs, vm: &VirtualMachine) -> PyResult<bool> {
        let limit = args.limit(vm)?;
        Self::acquire_within(&zelf.touch(), limit, vm)
    }

    /// Unlocks it once.
    #[pymethod]
    #[pymethod(name = "release_lock")]
    fn release(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        Self::release_core(&zelf.touch(), vm)
    }

    /// True if it is locked, by whomever.
    #[pymethod]
    fn locked(zelf: &Py<Self>) -> bool {
        zelf.core.get().is_some_and(|core| core.permits().free() == 0)
    }

    /// To be awaited in an event loop.
    #[pymethod]
    fn acquire_async(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult {
        awaitable("acquire", zelf.into(), vm)
    }

    #[pymethod]
    fn __enter__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<bool> {
        Self::acquire_within(&zelf.touch(), Limit::At(None), vm)
    }

    #[pymethod]
    fn __exit__(zelf: &Py<Self>, _args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        Self::release_core(&zelf.touch(), vm)
    }

    #[pymethod]
    fn _is_owned(zelf: &Py<Self>) -> bool {
        zelf.core.get().is_some_and(|core| core.is_owned_by(&Holder::current()))
    }

    #[pymethod]
    fn _recursion_count(zelf: &Py<Self>) -> usize {
        zelf.core.get().map_or(0, |core| core.depth(&Holder::current()))
    }

    #[pymethod]
    fn _release_save(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<(usize, u64)> {
        let holder = Holder::current();
        let depth = zelf.touch().release_all(&holder).map_err(|_| not_owned(vm))?;
        Ok((depth, holder.id()))
    }

    #[pymethod]
    fn _acquire_restore(zelf: &Py<Self>, state: PyTupleRef, vm: &VirtualMachine) -> PyResult<()> {
        let depth = state.first().map_or(Ok(1), |depth| depth.try_to_value::<usize>(vm))?;
        let core = zelf.touch();
        Self::acquire_within(&core, Limit::At(None), vm)?;
        core.set_depth(depth);
        Ok(())
    }
}
