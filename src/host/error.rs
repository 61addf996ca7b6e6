//! What a host function raises.

use std::{any::Any, fmt};

use rustpython_vm::{
    AsObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyTypeRef},
};

use crate::{bridge, error::Error};

/// The failure of a host function: what the script sees as a Python exception.
///
/// Every `std::error::Error` turns into one with `?`, and is raised as `ungil.HostError`, a `RuntimeError`, with the
/// error's text and a note for each of its sources. [`HostError::new`] chooses the class. An [`Error`](crate::Error) of
/// this crate, from a call to another interpreter, is raised as the Python exception that it carries.
///
/// ```
/// use ungil::{HostError, Interpreter};
///
/// let py = Interpreter::builder()
///     .function("price", |id: u32| match id {
///         7 => Ok(9.5),
///         _ => Err(HostError::new("LookupError", format!("no product {id}"))),
///     })
///     .function("parse", |text: String| -> Result<u16, HostError> { Ok(text.parse()?) })
///     .build()?;
/// py.exec("
/// try:
///     price(8)
/// except LookupError as e:
///     assert str(e) == 'no product 8'
/// try:
///     parse('x')
/// except RuntimeError as e:
///     assert str(e) == 'invalid digit found in string'
/// ")?;
/// # Ok::<(), ungil::Error>(())
/// ```
pub struct HostError(Repr);

enum Repr {
    Raise {
        /// `None` is `ungil.HostError`.
        class: Option<String>,
        message: String,
        notes: Vec<String>,
    },
    Error(Box<Error>),
}

impl HostError {
    /// An exception of the class of that name: a builtin one (`"ValueError"`), one of the function's own module
    /// (`"QuotaError"`), or any other by module and name (`"json.JSONDecodeError"`), which is imported when it is raised.
    ///
    /// Where the class cannot be found, `ungil.HostError` is raised in its place, with the reason as its cause.
    pub fn new(class: impl Into<String>, message: impl Into<String>) -> Self {
        Self(Repr::Raise {
            class: Some(class.into()),
            message: message.into(),
            notes: Vec::new(),
        })
    }

    /// An `ungil.HostError`, which is a `RuntimeError`.
    pub fn message(message: impl Into<String>) -> Self {
        Self(Repr::Raise {
            class: None,
            message: message.into(),
            notes: Vec::new(),
        })
    }

    /// Adds a line that tracebacks show below the message, as Python's `add_note` does.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        if let Repr::Raise { notes, .. } = &mut self.0 {
            notes.push(note.into());
        }
        self
    }

    /// From an error behind a pointer, which cannot be told apart from any other.
    pub(super) fn from_dyn(error: &(dyn std::error::Error + 'static)) -> Self {
        if let Some(error) = error.downcast_ref::<Error>() {
            return Self(Repr::Error(Box::new(error.clone())));
        }
        let mut raised = Self::message(error.to_string());
        let mut source = error.source();
        while let Some(error) = source {
            raised = raised.note(format!("caused by: {error}"));
            source = error.source();
        }
        raised
    }

    /// The exception, for a function of the host module `module`.
    pub(super) fn into_exception(self, vm: &VirtualMachine, module: Option<&str>) -> PyBaseExceptionRef {
        let (class, message, notes) = match self.0 {
            Repr::Error(error) => return bridge::raise(vm, &error),
            Repr::Raise { class, message, notes } => (class, message, notes),
        };
        let default = || bridge::exceptions(vm).host_error;
        let (class, not_found) = match class {
            None => (default(), None),
            Some(name) => match find_class(vm, &name, module) {
                Ok(class) => (class, None),
                Err(error) => (default(), Some(error)),
            },
        };
        let message = vm.ctx.new_str(message).into();
        // A class may refuse a single message; then that refusal is what the script sees.
        let exception = vm.invoke_exception(&class, vec![message]).unwrap_or_else(|error| error);
        if not_found.is_some() {
            exception.set_cause(not_found);
        }
        for note in notes {
            let _ = vm.call_method(exception.as_object(), "add_note", (note,));
        }
        exception
    }
}

/// Finds an exception class by the name that a host gave.
pub(super) fn find_class(vm: &VirtualMachine, name: &str, module: Option<&str>) -> PyResult<PyTypeRef> {
    let found = match name.rsplit_once('.') {
        Some((module, name)) => attribute_of_module(vm, module, name)?,
        None => {
            let own = module.and_then(|module| attribute_of_module(vm, module, name).ok());
            match own {
                Some(class) => class,
                None => vm.builtins.get_attr(&vm.ctx.new_str(name), vm)?,
            }
        }
    };
    found
        .downcast::<rustpython_vm::builtins::PyType>()
        .ok()
        .filter(|class| class.fast_issubclass(vm.ctx.exceptions.base_exception_type))
        .ok_or_else(|| vm.new_type_error(format!("{name} is not an exception class")))
}

fn attribute_of_module(vm: &VirtualMachine, module: &str, name: &str) -> PyResult<PyObjectRef> {
    let name = vm.ctx.new_str(name);
    // Importing by from-list gives the innermost module of a dotted name.
    let from_list = vm.ctx.new_tuple(vec![name.clone().into()]);
    let module = vm.ctx.new_str(module);
    vm.import_from(&*module, from_list, 0)?.get_attr(&*name, vm)
}

impl<E: std::error::Error + 'static> From<E> for HostError {
    fn from(error: E) -> Self {
        let mut error = Some(error);
        let own = (&mut error as &mut dyn Any)
            .downcast_mut::<Option<Error>>()
            .and_then(Option::take);
        match (own, &error) {
            (Some(error), _) => Self(Repr::Error(Box::new(error))),
            (None, Some(error)) => Self::from_dyn(error),
            (None, None) => Self::message("unknown error"),
        }
    }
}

impl fmt::Debug for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Raise { class, message, notes } => f
                .debug_struct("HostError")
                .field("class", &class.as_deref().unwrap_or("ungil.HostError"))
                .field("message", message)
                .field("notes", notes)
                .finish(),
            Repr::Error(error) => f.debug_tuple("HostError").field(error).finish(),
        }
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Raise { message, .. } => f.write_str(message),
            Repr::Error(error) => error.fmt(f),
        }
    }
}
