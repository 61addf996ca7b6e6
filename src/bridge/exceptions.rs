//! The exception classes of the `ungil` module, and errors of ours as Python exceptions.

use std::cell::RefCell;

use rustpython_vm::{
    AsObject, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyTypeRef},
};

use crate::{
    control::StopReason,
    error::{Allowance, Error, Exception, LimitKind, describe_limit},
};

thread_local! {
    static EXCEPTIONS: RefCell<Option<Exceptions>> = const { RefCell::new(None) };
}

/// The classes as this interpreter knows them.
#[derive(Clone)]
pub(crate) struct Exceptions {
    /// A `BaseException`: the job was cancelled from outside.
    pub(crate) cancelled: PyTypeRef,
    /// A `BaseException`: the job hit a limit.
    pub(crate) limit: PyTypeRef,
    /// Derived from that one: its time is over.
    pub(crate) deadline: PyTypeRef,
    /// A `TypeError`: a value cannot cross.
    pub(crate) conversion: PyTypeRef,
    /// A `ConversionError`: an object cannot be sent to another interpreter.
    pub(crate) not_shareable: PyTypeRef,
    /// A `RuntimeError`: a host function failed without naming a class.
    pub(crate) host_error: PyTypeRef,
    /// A `RuntimeError`: a host function panicked.
    pub(crate) host_panic: PyTypeRef,
    /// An `Exception`: the channel is closed, and empty if it was read.
    pub(crate) channel_closed: PyTypeRef,
    /// An `Exception`: nothing is there to receive now.
    pub(crate) channel_empty: PyTypeRef,
    /// An `Exception`: no room to send now.
    pub(crate) channel_full: PyTypeRef,
}

impl Exceptions {
    /// Makes the classes for the interpreter that was just built on this thread.
    pub(crate) fn install(vm: &VirtualMachine) {
        let class = |name: &str, base: &rustpython_vm::Py<rustpython_vm::builtins::PyType>, doc: &str| {
            let class = vm.ctx.new_exception_type("ungil", name, Some(vec![base.to_owned()]));
            class.set_attr(vm.ctx.intern_str("__doc__"), vm.ctx.new_str(doc).into());
            class
        };
        let known = &vm.ctx.exceptions;
        let limit = class(
            "LimitExceeded",
            known.base_exception_type,
            "The script has used more than the host lets it. It is raised again until the script has ended.",
        );
        let conversion = class(
            "ConversionError",
            known.type_error,
            "A value cannot be passed between Python and the host; the message names the path to what is not data.",
        );
        let exceptions = Self {
            cancelled: class(
                "Cancelled",
                known.base_exception_type,
                "The script was cancelled from outside. Catch it to tidy up; it is raised again until the script has ended.",
            ),
            deadline: class(
                "DeadlineExceeded",
                &limit,
                "The script's time is over. Catch it to tidy up; it is raised again until the script has ended.",
            ),
            limit,
            not_shareable: class(
                "NotShareableError",
                &conversion,
                "An object cannot be passed to another interpreter; the message names the path to the part that cannot.",
            ),
            conversion,
            host_error: class(
                "HostError",
                known.runtime_error,
                "A host function failed, and the host chose no other class for it.",
            ),
            host_panic: class("HostPanic", known.runtime_error, "A host function panicked."),
            channel_closed: class(
                "ChannelClosed",
                known.exception_type,
                "The channel is closed: nothing can be sent, or everything sent was received.",
            ),
            channel_empty: class(
                "ChannelEmpty",
                known.exception_type,
                "Nothing is there to be received now.",
            ),
            channel_full: class("ChannelFull", known.exception_type, "There is no room to send now."),
        };
        EXCEPTIONS.set(Some(exceptions));
    }

    /// Forgets the classes: their interpreter is being finalized.
    pub(crate) fn uninstall() {
        EXCEPTIONS.set(None);
    }

    /// All classes with their names, for the module that offers them to scripts.
    pub(crate) fn named(&self) -> [(&'static str, &PyTypeRef); 10] {
        [
            ("Cancelled", &self.cancelled),
            ("LimitExceeded", &self.limit),
            ("DeadlineExceeded", &self.deadline),
            ("ConversionError", &self.conversion),
            ("NotShareableError", &self.not_shareable),
            ("HostError", &self.host_error),
            ("HostPanic", &self.host_panic),
            ("ChannelClosed", &self.channel_closed),
            ("ChannelEmpty", &self.channel_empty),
            ("ChannelFull", &self.channel_full),
        ]
    }

    /// What a stop raises.
    pub(crate) fn make_stop(vm: &VirtualMachine, reason: StopReason) -> PyBaseExceptionRef {
        match reason {
            StopReason::Cancelled => vm.new_exception_msg(exceptions(vm).cancelled, "the job was cancelled".into()),
            StopReason::Limit(hit) => Self::make_limit(vm, hit.kind, hit.allowed),
        }
    }

    fn make_limit(vm: &VirtualMachine, kind: LimitKind, allowed: Allowance) -> PyBaseExceptionRef {
        let exceptions = exceptions(vm);
        let class = match kind {
            LimitKind::WallTime | LimitKind::ScriptTime | LimitKind::CpuTime => exceptions.deadline,
            _ => exceptions.limit,
        };
        let message = format!("more than {}", describe_limit(kind, allowed));
        vm.new_exception_msg(class, message.into())
    }
}

/// The classes of the interpreter on this thread.
pub(crate) fn exceptions(vm: &VirtualMachine) -> Exceptions {
    if EXCEPTIONS.with_borrow(Option::is_none) {
        // A VM that was not built by this crate has no table yet; a late call makes one rather than failing.
        Exceptions::install(vm);
    }
    EXCEPTIONS.with_borrow(|known| known.clone().expect("installed above"))
}

/// An error of ours as a Python exception, with the same text.
pub(crate) fn raise(vm: &VirtualMachine, error: &Error) -> PyBaseExceptionRef {
    match error {
        Error::Exception(exception) => raise_data(vm, exception),
        Error::Exit { code, .. } => {
            let code = vm.ctx.new_int(*code).into();
            vm.new_exception(vm.ctx.exceptions.system_exit.to_owned(), vec![code])
        }
        Error::Conversion(error) => vm.new_exception_msg(exceptions(vm).conversion, error.to_string().into()),
        Error::Cancelled => Exceptions::make_stop(vm, StopReason::Cancelled),
        Error::Limit(limit) => Exceptions::make_limit(vm, limit.kind(), limit.allowed()),
        other => vm.new_runtime_error(other.to_string()),
    }
}

/// An exception of another interpreter, as the builtin class of that name where there is one.
fn raise_data(vm: &VirtualMachine, exception: &Exception) -> PyBaseExceptionRef {
    let message = exception.message().to_owned();
    let builtin = exception
        .module()
        .is_none()
        .then(|| vm.builtins.get_attr(&vm.ctx.new_str(exception.type_name()), vm).ok())
        .flatten()
        .and_then(|class| class.downcast::<rustpython_vm::builtins::PyType>().ok())
        .filter(|class| class.fast_issubclass(vm.ctx.exceptions.exception_type));
    match builtin {
        Some(class) => match class.as_object().call((message.clone(),), vm) {
            Ok(raised) => raised
                .downcast::<rustpython_vm::builtins::PyBaseException>()
                .unwrap_or_else(|_| vm.new_runtime_error(message)),
            // Classes such as UnicodeDecodeError want more than a message.
            Err(_) => vm.new_runtime_error(format!("{}: {message}", exception.full_name())),
        },
        None => vm.new_exception_msg(
            exceptions(vm).host_error,
            format!("{}: {message}", exception.full_name()).into(),
        ),
    }
}
