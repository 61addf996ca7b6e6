//! A Python exception as plain data, complete before it leaves its thread.

use std::fmt;

/// One level of a Python call stack.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame {
    /// The file as the code object names it, such as `/srv/app.py` or `<string>`.
    pub file: String,
    /// The line, from 1; 0 where there is none.
    pub line: u32,
    /// The function's qualified name, `<module>` at the top level.
    pub function: String,
    /// The text of the line without its indentation, where it could be found.
    pub source_line: Option<String>,
}

impl Frame {
    pub(crate) fn new(file: String, line: u32, function: String, source_line: Option<String>) -> Self {
        Self {
            file,
            line,
            function,
            source_line,
        }
    }
}

/// Where in the source a syntax error is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyntaxDetail {
    /// The file name that the source was compiled with.
    pub file: String,
    /// The line, from 1; 0 where it is not known.
    pub line: u32,
    /// The column of the first wrong character, from 1; 0 where it is not known.
    pub column: u32,
    /// The line on which the wrong part ends; 0 where it is not known.
    pub end_line: u32,
    /// The column behind the last wrong character, from 1; 0 where it is not known.
    pub end_column: u32,
    /// The text of the line, without a line break.
    pub text: Option<String>,
    /// More input could make the source valid.
    pub incomplete: bool,
}

/// A Python exception as data: type, message, frames, and the exceptions that it stands in a chain with.
///
/// It owns everything it says, so it can be sent, stored and logged long after its interpreter is gone.
///
/// ```
/// let py = ungil::Interpreter::new()?;
/// let source = "try:\n    {}['key']\nexcept KeyError as e:\n    raise ValueError('no such order') from e";
/// let error = py.exec(source).unwrap_err();
/// let exception = error.as_exception().unwrap();
/// assert_eq!(exception.message(), "no such order");
/// assert_eq!(exception.cause().unwrap().type_name(), "KeyError");
/// assert_eq!(exception.frames()[0].line, 4);
/// # Ok::<(), ungil::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Exception {
    pub(crate) type_name: String,
    pub(crate) module: Option<String>,
    pub(crate) base_names: Vec<String>,
    pub(crate) message: String,
    pub(crate) frames: Vec<Frame>,
    pub(crate) notes: Vec<String>,
    pub(crate) cause: Option<Box<Exception>>,
    pub(crate) context: Option<Box<Exception>>,
    pub(crate) suppress_context: bool,
    pub(crate) group: Option<Vec<Exception>>,
    pub(crate) syntax: Option<SyntaxDetail>,
}

impl Exception {
    /// The class's qualified name without its module: `ZeroDivisionError`.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// The module that defines the class; `None` for builtin exceptions.
    pub fn module(&self) -> Option<&str> {
        self.module.as_deref()
    }

    /// The name as a traceback shows it: `json.decoder.JSONDecodeError`, `ValueError`.
    pub fn full_name(&self) -> String {
        match &self.module {
            Some(module) if module != "__main__" => format!("{module}.{}", self.type_name),
            _ => self.type_name.clone(),
        }
    }

    /// True if the exception is of the class of that name or of one derived from it, as `except` would match.
    pub fn is_instance(&self, class_name: &str) -> bool {
        self.type_name == class_name || self.base_names.iter().any(|base| base == class_name)
    }

    /// `str(exception)`.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The frames from the outermost call to the one that raised.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// What `add_note()` added.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The exception named by `raise … from`.
    pub fn cause(&self) -> Option<&Exception> {
        self.cause.as_deref()
    }

    /// The exception that was being handled when this one was raised.
    pub fn context(&self) -> Option<&Exception> {
        self.context.as_deref()
    }

    /// The members of an exception group; empty for other exceptions.
    pub fn exceptions(&self) -> &[Exception] {
        self.group.as_deref().unwrap_or_default()
    }

    /// Where the source is wrong, for a `SyntaxError` and its kin.
    pub fn syntax(&self) -> Option<&SyntaxDetail> {
        self.syntax.as_ref()
    }
}

/// The traceback, so that a `main` that returns an error shows what a Python programmer expects; `{:#?}` shows the fields.
impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return fmt::Display::fmt(self, f);
        }
        f.debug_struct("Exception")
            .field("type_name", &self.full_name())
            .field("message", &self.message)
            .field("frames", &self.frames)
            .field("notes", &self.notes)
            .field("cause", &self.cause)
            .field("context", &self.context)
            .field("exceptions", &self.group)
            .field("syntax", &self.syntax)
            .finish()
    }
}

impl std::error::Error for Exception {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause
            .as_deref()
            .or(self.context.as_deref())
            .map(|inner| inner as _)
    }
}
