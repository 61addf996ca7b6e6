//! The `timeout` argument of everything that waits.

use std::time::{Duration, Instant};

use rustpython_vm::{FromArgs, PyResult, VirtualMachine, function::ArgIntoFloat};

use crate::channel::deadline;

#[derive(FromArgs)]
pub(super) struct Timeout {
    #[pyarg(any, default)]
    timeout: Option<ArgIntoFloat>,
}

impl Timeout {
    /// `None` is for ever, and so is a time that no clock reaches.
    pub(super) fn duration(self, vm: &VirtualMachine) -> PyResult<Option<Duration>> {
        let Some(seconds) = self.timeout.map(ArgIntoFloat::into_float) else {
            return Ok(None);
        };
        if seconds.is_nan() || seconds < 0.0 {
            return Err(vm.new_value_error(format!("timeout must be None or seconds from 0 on, not {seconds:?}")));
        }
        Ok(Duration::try_from_secs_f64(seconds).ok())
    }

    /// When it is over, counted from now.
    pub(super) fn deadline(self, vm: &VirtualMachine) -> PyResult<Option<Instant>> {
        Ok(self.duration(vm)?.and_then(deadline))
    }
}
