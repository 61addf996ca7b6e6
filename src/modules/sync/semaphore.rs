//! `threading.Semaphore`, bounded if it has a maximum.

use std::{cell::Cell, sync::Arc};

use rustpython_vm::{
    AsObject, FromArgs, Py, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::PyType,
    function::{ArgIntoFloat, FuncArgs},
    pyclass,
    types::{Comparable, Constructor, Hashable, Initializer, Representable},
};

use super::{
    face::{Core, SharedFace, awaitable, shared_face},
    timeout::{Limit, parker},
};
use crate::sync::{Holder, Misuse, Semaphore};

/// A number of permits: acquire takes one, waiting for it, and release gives some back. It is shared: when it crosses
/// to another interpreter, it is the same semaphore there. One with a maximum knows who holds its permits, and gets
/// those of an interpreter back that ends.
#[pyclass(module = "threading", name = "Semaphore")]
#[derive(Debug, PyPayload)]
pub(super) struct PySemaphore {
    core: Core<Semaphore>,
    touched: Cell<bool>,
}

impl PySemaphore {
    fn touch(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<Arc<Semaphore>> {
        let core = Self::ready(zelf, vm)?;
        if !zelf.touched.replace(true) {
            core.touched_by(&Holder::current());
        }
        Ok(core)
    }
}

impl SharedFace for PySemaphore {
    type Core = Semaphore;

    fn core(&self) -> &Core<Semaphore> {
        &self.core
    }

    fn with_core(core: Arc<Semaphore>) -> Self {
        Self {
            core: Core::of(core),
            touched: Cell::new(false),
        }
    }

    fn reinit(&self) {
        self.core.get().inspect(|core| core.reset());
    }
}
shared_face!(PySemaphore, Semaphore, "Semaphore", Waitable);

#[derive(FromArgs)]
pub(super) struct MakeArgs {
    #[pyarg(any, default = 1)]
    value: isize,
    #[pyarg(any, default)]
    maximum: Option<isize>,
}

#[derive(FromArgs)]
struct AcquireArgs {
    #[pyarg(any, optional)]
    blocking: rustpython_vm::function::OptionalArg<PyObjectRef>,
    #[pyarg(any, default)]
    timeout: Option<ArgIntoFloat>,
}

#[derive(FromArgs)]
struct ReleaseArgs {
    #[pyarg(any, default = 1)]
    n: isize,
}

impl Constructor for PySemaphore {
    type Args = FuncArgs;

    fn py_new(_class: &Py<PyType>, _args: FuncArgs, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self {
            core: Core::empty(),
            touched: Cell::new(false),
        })
    }
}

impl Initializer for PySemaphore {
    type Args = MakeArgs;

    fn init(zelf: &Py<Self>, args: MakeArgs, vm: &VirtualMachine) -> PyResult<()> {
        let value = usize::try_from(args.value);
        let value = value.map_err(|_| vm.new_value_error("semaphore initial value must be >= 0"))?;
        let maximum = args.maximum.map(|maximum| match usize::try_from(maximum) {
            Ok(maximum) if maximum >= value => Ok(maximum),
            _ => Err(vm.new_value_error("semaphore maximum must be at least its value")),
        });
        zelf.core.set(Semaphore::new(value, maximum.transpose()?));
        zelf.touched.set(false);
        Ok(())
    }
}

impl Representable for PySemaphore {
    fn repr_str(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<String> {
        let name = super::event::qualified_name(zelf.as_object(), vm)?;
        let Some(core) = zelf.core.get() else {
            return Ok(format!("<{name} at {:#x}: not initialized>", zelf.get_id()));
        };
        let maximum = core.maximum().map_or_else(String::new, |maximum| format!("/{maximum}"));
        Ok(format!(
            "<{name} at {:#x}: value={}{maximum}>",
            zelf.get_id(),
            core.free()
        ))
    }
}

#[pyclass(
    with(Comparable, Constructor, Hashable, Initializer, Representable, SharedFace),
    flags(BASETYPE, HAS_DICT, HAS_WEAKREF)
)]
impl PySemaphore {
    /// Takes a permit, waiting for one, or for at most timeout seconds. Returns whether it got one.
    #[pymethod]
    fn acquire(zelf: &Py<Self>, args: AcquireArgs, vm: &VirtualMachine) -> PyResult<bool> {
        let blocking = args
            .blocking
            .into_option()
            .map_or(Ok(true), |blocking| blocking.try_to_bool(vm))?;
        let limit = match (blocking, args.timeout) {
            (false, Some(_)) => return Err(vm.new_value_error("can't specify timeout for non-blocking acquire")),
            (false, None) => Limit::Now,
            (true, timeout) => Limit::of(timeout.map(ArgIntoFloat::into_float), vm)?,
        };
        let (core, holder) = (Self::touch(zelf, vm)?, Holder::current());
        match limit {
            _ if core.try_acquire(&holder) => Ok(true),
            Limit::Now => Ok(false),
            Limit::At(deadline) => core.acquire(&holder, &mut parker(vm, deadline)),
        }
    }

    /// Gives back n permits, so that as many of those who wait go on.
    #[pymethod]
    fn release(zelf: &Py<Self>, args: ReleaseArgs, vm: &VirtualMachine) -> PyResult<()> {
        let count = usize::try_from(args.n).ok().filter(|count| *count > 0);
        let count = count.ok_or_else(|| vm.new_value_error("n must be one or more"))?;
        let released = Self::touch(zelf, vm)?.release(&Holder::current(), count);
        released.map_err(|misuse| match misuse {
            Misuse::TooMany => vm.new_value_error("Semaphore released too many times"),
            Misuse::Gone => vm.new_runtime_error("this interpreter was given up, and its permits were released"),
        })
    }

    /// True if no permit is there to take now.
    #[pymethod]
    fn locked(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<bool> {
        Ok(Self::ready(zelf, vm)?.free() == 0)
    }

    /// How many permits are there to take now.
    #[pygetset]
    #[pygetset(name = "_value")]
    fn value(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<usize> {
        Ok(Self::ready(zelf, vm)?.free())
    }

    #[pygetset]
    fn _maximum(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<Option<usize>> {
        Ok(Self::ready(zelf, vm)?.maximum())
    }

    /// To be awaited in an event loop.
    #[pymethod]
    fn acquire_async(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult {
        awaitable("acquire", zelf.into(), vm)
    }

    #[pymethod]
    fn __enter__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<bool> {
        let (core, holder) = (Self::touch(zelf, vm)?, Holder::current());
        Ok(core.try_acquire(&holder) || core.acquire(&holder, &mut parker(vm, None))?)
    }

    #[pymethod]
    fn __exit__(zelf: &Py<Self>, _args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        Self::release(zelf, ReleaseArgs { n: 1 }, vm)
    }
}
