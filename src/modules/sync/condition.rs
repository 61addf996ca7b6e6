//! `threading.Condition`.

use std::{
    cell::RefCell,
    sync::Arc,
    time::{Duration, Instant},
};

use rustpython_vm::{
    FromArgs, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::PyType,
    function::{ArgIntoFloat, FuncArgs},
    pyclass,
    types::{Comparable, Constructor, Hashable, Initializer, Representable},
};

use super::{
    face::{Core, SharedFace, shared_face},
    lock::{PyLock, PyRLock, not_owned},
    timeout::{Limit, WaitArgs, parker},
};
use crate::sync::{Condition, Holder, Lock, RLock};

/// What a condition is over: its queue, and the lock if that is one of ours.
#[derive(Debug)]
pub(super) struct Shared {
    queue: Arc<Condition>,
    gate: Gate,
}

#[derive(Clone, Debug)]
enum Gate {
    Lock(Arc<Lock>),
    RLock(Arc<RLock>),
    /// A Python object with acquire and release, which is this interpreter's only.
    Foreign,
}

/// A lock, and a queue of those who wait for a notification while the lock is let go. It is shared: when it crosses to
/// another interpreter, it is the same condition, over the same lock.
#[pyclass(module = "threading", name = "Condition")]
#[derive(Debug, PyPayload)]
pub(super) struct PyCondition {
    core: Core<Shared>,
    lock: RefCell<Option<PyObjectRef>>,
}

impl SharedFace for PyCondition {
    type Core = Shared;

    fn core(&self) -> &Core<Shared> {
        &self.core
    }

    fn can_cross(&self) -> bool {
        self.core.get().is_none_or(|core| !matches!(core.gate, Gate::Foreign))
    }

    fn with_core(core: Arc<Shared>) -> Self {
        Self {
            core: Core::of(core),
            lock: RefCell::default(),
        }
    }

    fn reinit(&self) {
        match self.core.get().map(|core| core.gate.clone()) {
            Some(Gate::Lock(lock)) => lock.reset(),
            Some(Gate::RLock(lock)) => lock.permits().reset(),
            _ => {}
        }
    }
}
shared_face!(PyCondition, Shared, "Condition");

#[derive(FromArgs)]
pub(super) struct MakeArgs {
    #[pyarg(any, default)]
    lock: Option<PyObjectRef>,
}

#[derive(FromArgs)]
struct NotifyArgs {
    #[pyarg(any, default = 1)]
    n: isize,
}

#[derive(FromArgs)]
struct WaitForArgs {
    #[pyarg(any)]
    predicate: PyObjectRef,
    #[pyarg(any, default)]
    timeout: Option<ArgIntoFloat>,
}

impl Constructor for PyCondition {
    type Args = FuncArgs;

    fn py_new(_class: &Py<PyType>, _args: FuncArgs, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self {
            core: Core::empty(),
            lock: RefCell::default(),
        })
    }
}

impl Initializer for PyCondition {
    type Args = MakeArgs;

    fn init(zelf: &Py<Self>, args: MakeArgs, vm: &VirtualMachine) -> PyResult<()> {
        let lock = args.lock.unwrap_or_else(|| PyRLock::bare(RLock::new(), vm));
        let gate = if let Some(lock) = lock.downcast_ref::<PyLock>() {
            Gate::Lock(lock.touch())
        } else if let Some(lock) = lock.downcast_ref_if_exact::<PyRLock>(vm) {
            Gate::RLock(lock.touch())
        } else {
            // What lacks these is no lock; better said now than at the first wait.
            lock.get_attr("acquire", vm)?;
            lock.get_attr("release", vm)?;
            Gate::Foreign
        };
        zelf.lock.replace(Some(lock));
        zelf.core.set(Arc::new(Shared {
            queue: Condition::new(),
            gate,
        }));
        Ok(())
    }
}

impl Representable for PyCondition {
    fn repr_str(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<String> {
        let core = Self::ready(zelf, vm)?;
        let lock = Self::lock_object(zelf, vm)?.repr(vm)?;
        Ok(format!("<Condition({lock}, {})>", core.queue.waiting()))
    }
}

/// How a lock was held when it was let go for a wait.
enum Saved {
    Lock,
    RLock(usize),
    Foreign(Option<PyObjectRef>),
}

impl PyCondition {
    /// The lock as an object; one that came by crossing makes it when it is asked for.
    fn lock_object(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        if let Some(lock) = &*zelf.lock.borrow() {
            return Ok(lock.clone());
        }
        let lock = match &Self::ready(zelf, vm)?.gate {
            Gate::Lock(lock) => PyLock::bare(lock.clone(), vm),
            Gate::RLock(lock) => PyRLock::bare(lock.clone(), vm),
            Gate::Foreign => return Err(vm.new_runtime_error("Condition.__init__() not called")),
        };
        // Tells the lock that this interpreter may hold it.
        lock.downcast_ref::<PyLock>().map(|lock| lock.touch());
        lock.downcast_ref::<PyRLock>().map(|lock| lock.touch());
        zelf.lock.replace(Some(lock.clone()));
        Ok(lock)
    }

    /// The core, with its lock known to this interpreter.
    fn touch(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<Arc<Shared>> {
        if zelf.lock.borrow().is_none() {
            Self::lock_object(zelf, vm)?;
        }
        Self::ready(zelf, vm)
    }

    fn is_held(zelf: &Py<Self>, core: &Shared, vm: &VirtualMachine) -> PyResult<bool> {
        match &core.gate {
            Gate::Lock(lock) => Ok(lock.free() == 0),
            Gate::RLock(lock) => Ok(lock.is_owned_by(&Holder::current())),
            Gate::Foreign => {
                let lock = Self::lock_object(zelf, vm)?;
                if lock.has_attr("_is_owned", vm)? {
                    return vm.call_method(&lock, "_is_owned", ())?.try_to_bool(vm);
                }
                let free = vm.call_method(&lock, "acquire", (false,))?.try_to_bool(vm)?;
                if free {
                    vm.call_method(&lock, "release", ())?;
                }
                Ok(!free)
            }
        }
    }

    fn let_go(zelf: &Py<Self>, core: &Shared, vm: &VirtualMachine) -> PyResult<Saved> {
        match &core.gate {
            Gate::Lock(lock) => PyLock::release_core(lock, vm).map(|()| Saved::Lock),
            Gate::RLock(lock) => {
                let depth = lock.release_all(&Holder::current());
                depth.map(Saved::RLock).map_err(|_| not_owned(vm))
            }
            Gate::Foreign => {
                let lock = Self::lock_object(zelf, vm)?;
                if lock.has_attr("_release_save", vm)? {
                    return Ok(Saved::Foreign(Some(vm.call_method(&lock, "_release_save", ())?)));
                }
                vm.call_method(&lock, "release", ())?;
                Ok(Saved::Foreign(None))
            }
        }
    }

    fn take_back(zelf: &Py<Self>, core: &Shared, saved: &Saved, vm: &VirtualMachine) -> PyResult<()> {
        match (&core.gate, saved) {
            (Gate::Lock(lock), _) => PyLock::acquire_within(lock, Limit::At(None), vm).map(drop),
            (Gate::RLock(lock), saved) => {
                PyRLock::acquire_within(lock, Limit::At(None), vm)?;
                if let Saved::RLock(depth) = saved {
                    lock.set_depth(*depth);
                }
                Ok(())
            }
            (Gate::Foreign, saved) => {
                let lock = Self::lock_object(zelf, vm)?;
                match saved {
                    Saved::Foreign(Some(state)) => vm.call_method(&lock, "_acquire_restore", (state.clone(),)),
                    _ => vm.call_method(&lock, "acquire", ()),
                }
                .map(drop)
            }
        }
    }

    fn wait_within(zelf: &Py<Self>, limit: Limit, vm: &VirtualMachine) -> PyResult<bool> {
        let core = Self::touch(zelf, vm)?;
        if !Self::is_held(zelf, &core, vm)? {
            return Err(vm.new_runtime_error("cannot wait on un-acquired lock"));
        }
        let place = core.queue.enqueue();
        let saved = Self::let_go(zelf, &core, vm)?;
        let deadline = match limit {
            Limit::Now => Some(Instant::now()),
            Limit::At(deadline) => deadline,
        };
        let waited = place.wait(&mut parker(vm, deadline));
        // The caller's `with` releases the lock, so an interrupt must not keep it from being taken again; a second one
        // means that somebody wants this to end.
        match Self::take_back(zelf, &core, &saved, vm) {
            Ok(()) => waited,
            Err(first) => {
                Self::take_back(zelf, &core, &saved, vm)?;
                Err(first)
            }
        }
    }

    fn notify_count(zelf: &Py<Self>, count: usize, vm: &VirtualMachine) -> PyResult<()> {
        let core = Self::touch(zelf, vm)?;
        if !Self::is_held(zelf, &core, vm)? {
            return Err(vm.new_runtime_error("cannot notify on un-acquired lock"));
        }
        core.queue.notify(count);
        Ok(())
    }
}

#[pyclass(
    with(Comparable, Constructor, Hashable, Initializer, Representable, SharedFace),
    flags(BASETYPE, HAS_DICT, HAS_WEAKREF)
)]
impl PyCondition {
    /// Lets go of the lock, waits for a notification, or for at most timeout seconds, and takes the lock again. False if
    /// there was no notification in time.
    #[pymethod]
    fn wait(zelf: &Py<Self>, args: WaitArgs, vm: &VirtualMachine) -> PyResult<bool> {
        let limit = args.limit(vm)?;
        Self::wait_within(zelf, limit, vm)
    }

    /// Waits until predicate() is true, or for at most timeout seconds. Returns what it returned last.
    #[pymethod]
    fn wait_for(zelf: &Py<Self>, args: WaitForArgs, vm: &VirtualMachine) -> PyResult {
        let limit = Limit::of(args.timeout.map(ArgIntoFloat::into_float), vm)?;
        loop {
            let result = args.predicate.call((), vm)?;
            if result.clone().try_to_bool(vm)? {
                return Ok(result);
            }
            let over = match limit {
                Limit::Now => true,
                Limit::At(Some(deadline)) => Instant::now() + Duration::from_nanos(1) > deadline,
                Limit::At(None) => false,
            };
            if over {
                return Ok(result);
            }
            // As CPython's: subclasses may have a wait of their own.
            Self::wait_within(zelf, limit, vm)?;
        }
    }

    /// Wakes as many as n of those who wait.
    #[pymethod]
    fn notify(zelf: &Py<Self>, args: NotifyArgs, vm: &VirtualMachine) -> PyResult<()> {
        Self::notify_count(zelf, usize::try_from(args.n).unwrap_or(0), vm)
    }

    /// Wakes all who wait.
    #[pymethod]
    #[pymethod(name = "notifyAll")]
    fn notify_all(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        Self::notify_count(zelf, usize::MAX, vm)
    }

    /// Acquires the lock, with the arguments of its own acquire.
    #[pymethod]
    fn acquire(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        Self::lock_object(zelf, vm)?.get_attr("acquire", vm)?.call(args, vm)
    }

    /// Releases the lock.
    #[pymethod]
    fn release(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        vm.call_method(&*Self::lock_object(zelf, vm)?, "release", ())
    }

    /// True if the lock is locked.
    #[pymethod]
    fn locked(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        vm.call_method(&*Self::lock_object(zelf, vm)?, "locked", ())
    }

    #[pymethod]
    fn __enter__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        let core = Self::touch(zelf, vm)?;
        let limit = Limit::At(None);
        match &core.gate {
            Gate::Lock(lock) => PyLock::acquire_within(lock, limit, vm).map(|taken| vm.ctx.new_bool(taken).into()),
            Gate::RLock(lock) => PyRLock::acquire_within(lock, limit, vm).map(|taken| vm.ctx.new_bool(taken).into()),
            Gate::Foreign => vm.call_method(&*Self::lock_object(zelf, vm)?, "__enter__", ()),
        }
    }

    #[pymethod]
    fn __exit__(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        let core = Self::touch(zelf, vm)?;
        match &core.gate {
            Gate::Lock(lock) => PyLock::release_core(lock, vm).map(|()| vm.ctx.none()),
            Gate::RLock(lock) => PyRLock::release_core(lock, vm).map(|()| vm.ctx.none()),
            Gate::Foreign => Self::lock_object(zelf, vm)?.get_attr("__exit__", vm)?.call(args, vm),
        }
    }

    #[pygetset]
    fn _lock(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        Self::lock_object(zelf, vm)
    }

    #[pymethod]
    fn _is_owned(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<bool> {
        let core = Self::touch(zelf, vm)?;
        Self::is_held(zelf, &core, vm)
    }
}
