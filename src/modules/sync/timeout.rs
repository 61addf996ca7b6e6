//! Time limits as `threading` takes them, and waiting within them.

use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use rustpython_vm::{
    FromArgs, PyObjectRef, PyResult, VirtualMachine,
    function::{ArgIntoFloat, OptionalArg},
};

use crate::{channel::deadline, control::wait};

/// The longest wait that can be asked for, in seconds.
pub(in crate::modules) const TIMEOUT_MAX: f64 = 9_223_372_036.0;

/// How an interpreter's thread waits in the methods of the `sync` room.
pub(in crate::modules) fn parker(
    vm: &VirtualMachine,
    deadline: Option<Instant>,
) -> impl FnMut(&Receiver<()>) -> PyResult<bool> {
    let interrupts = wait::interrupts();
    move |woken| Ok(wait::receive(vm, deadline, &interrupts, woken)?.is_some())
}

/// When a wait ends: at once, at some time, or never.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Limit {
    Now,
    At(Option<Instant>),
}

impl Limit {
    pub(super) fn after(duration: Duration) -> Self {
        Self::At(deadline(duration))
    }

    /// For a number of seconds; `None` is for ever, a negative number is no time.
    pub(super) fn of(seconds: Option<f64>, vm: &VirtualMachine) -> PyResult<Self> {
        match seconds {
            None => Ok(Self::At(None)),
            Some(seconds) if seconds > TIMEOUT_MAX => Err(vm.new_overflow_error("timeout value is too large")),
            Some(seconds) if seconds > 0.0 => Ok(Self::after(Duration::from_secs_f64(seconds))),
            Some(seconds) if seconds.is_nan() => Err(vm.new_value_error("Invalid value NaN (not a number)")),
            Some(_) => Ok(Self::Now),
        }
    }
}

/// `acquire(blocking=True, timeout=-1)` of a lock.
#[derive(FromArgs)]
pub(super) struct LockArgs {
    #[pyarg(any, optional)]
    blocking: OptionalArg<PyObjectRef>,
    #[pyarg(any, optional)]
    timeout: OptionalArg<ArgIntoFloat>,
}

impl LockArgs {
    pub(super) fn limit(self, vm: &VirtualMachine) -> PyResult<Limit> {
        let blocking = self
            .blocking
            .into_option()
            .map_or(Ok(true), |blocking| blocking.try_to_bool(vm))?;
        let timeout = self.timeout.into_option().map_or(-1.0, ArgIntoFloat::into_float);
        match (blocking, timeout) {
            (true, -1.0) => Ok(Limit::At(None)),
            (true, timeout) if timeout < 0.0 => Err(vm.new_value_error("timeout value must be a non-negative number")),
            (true, timeout) => Limit::of(Some(timeout), vm),
            (false, -1.0) => Ok(Limit::Now),
            (false, _) => Err(vm.new_value_error("can't specify a timeout for a non-blocking call")),
        }
    }
}

/// `wait(timeout=None)`.
#[derive(FromArgs)]
pub(super) struct WaitArgs {
    #[pyarg(any, default)]
    pub(super) timeout: Option<ArgIntoFloat>,
}

impl WaitArgs {
    pub(super) fn limit(self, vm: &VirtualMachine) -> PyResult<Limit> {
        Limit::of(self.timeout.map(ArgIntoFloat::into_float), vm)
    }
}
