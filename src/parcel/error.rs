//! Why something is not packed.

use rustpython_vm::{AsObject, PyObject, VirtualMachine, builtins::PyBaseExceptionRef};

use crate::bridge::exceptions;

/// Why packing stopped.
pub(super) enum Stop {
    /// Python code is about to run that may lead back to what was taken for unshared: begin again, and remember all.
    Restart,
    /// Something raised.
    Raised(PyBaseExceptionRef),
    /// It is of a kind that does not cross. The path to it is known further up.
    Refused {
        message: String,
        /// What its own methods said.
        cause: Option<PyBaseExceptionRef>,
    },
}

impl From<PyBaseExceptionRef> for Stop {
    fn from(exception: PyBaseExceptionRef) -> Self {
        Self::Raised(exception)
    }
}

pub(super) type Packing<T = ()> = Result<T, Stop>;

pub(super) fn refuse<T>(message: impl Into<String>) -> Packing<T> {
    let message = message.into();
    Err(Stop::Refused { message, cause: None })
}

/// Refuses an object for what its class is.
pub(super) fn refuse_kind<T>(object: &PyObject, why: &str) -> Packing<T> {
    let class = object.class().name().to_string();
    refuse(format!("a {class} cannot be sent to another interpreter{why}"))
}

/// The exception for it, which names the way to the culprit.
pub(super) fn not_shareable(
    vm: &VirtualMachine,
    path: &str,
    message: &str,
    cause: Option<PyBaseExceptionRef>,
) -> PyBaseExceptionRef {
    let error = vm.new_exception_msg(exceptions(vm).not_shareable, format!("{path}: {message}").into());
    if let Some(cause) = cause {
        // Only a class that is no exception would be refused here.
        let _ = error.as_object().set_attr("__cause__", cause, vm);
    }
    error
}
