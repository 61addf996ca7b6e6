//! What can go wrong, as values.

mod conversion;
mod display;
mod exception;
mod limit;

use std::{fmt, io, path::PathBuf, sync::Arc};

pub use conversion::ConversionError;
pub use exception::{Exception, Frame, SyntaxDetail};
pub(crate) use limit::describe as describe_limit;
pub use limit::{Allowance, LimitExceeded, LimitKind};

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a piece of Python did not give a result.
///
/// Every variant says what happened; [`Error::interpreter_usable`] says whether the interpreter can go on.
/// `Display` of a Python exception looks like Python's own traceback.
///
/// ```
/// let py = ungil::Interpreter::new()?;
/// let error = py.eval::<i64>("1 / 0").unwrap_err();
/// let exception = error.as_exception().expect("Python raised");
/// assert_eq!(exception.type_name(), "ZeroDivisionError");
/// assert!(error.to_string().starts_with("Traceback (most recent call last):"));
/// assert!(error.interpreter_usable());
/// # Ok::<(), ungil::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// Python raised, and nothing caught it.
    Exception(Box<Exception>),
    /// The script ended itself: `sys.exit()`, `exit()` or `raise SystemExit`.
    Exit {
        /// The exit status that a process would have had: 0 for success.
        code: i32,
        /// What `sys.exit("text")` would have printed to stderr.
        message: Option<String>,
    },
    /// A value could not cross between Rust and Python; the error names the path to it.
    Conversion(ConversionError),
    /// The job was cancelled, before it started or while it ran.
    Cancelled,
    /// The script hit one of its limits and was ended; see [`Limits`](crate::Limits).
    Limit(Box<LimitExceeded>),
    /// The interpreter was closed before the job ran, or ended while it did.
    Closed {
        /// The interpreter's name.
        interpreter: String,
    },
    /// Rust code inside the VM panicked; the interpreter is retired and its thread is not used again.
    Panicked {
        /// The interpreter's name.
        interpreter: String,
        /// The panic's message.
        message: String,
    },
    /// A blocking call was made on the interpreter's own thread, where it could never be answered.
    Reentrant {
        /// The interpreter's name.
        interpreter: String,
    },
    /// The interpreter did not come to a point where it could answer, within the time given. One whose job could not be
    /// stopped (see [`Limits::give_up_after`](crate::Limits::give_up_after)) is lost; its thread ends if it ever comes back.
    Unresponsive {
        /// The interpreter's name.
        interpreter: String,
        /// The limit because of which it was told to stop.
        limit: Option<LimitKind>,
    },
    /// A pool has lost too many interpreters that are still running, and takes no work until some of them have ended.
    TooManyLost {
        /// The pool's name.
        pool: String,
        /// How many of its interpreters are lost and have not ended.
        lost: usize,
    },
    /// A pool does not run a task whose code has cost it several interpreters in a row.
    CircuitOpen {
        /// The pool's name.
        pool: String,
        /// How many interpreters were lost to it.
        losses: u32,
    },
    /// A bounded queue had no room.
    QueueFull {
        /// How many tasks the queue holds.
        capacity: usize,
    },
    /// A builder was given something that cannot work.
    Config {
        /// What is wrong, and what to do about it.
        message: String,
    },
    /// A file could not be read.
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
}

impl Error {
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::Config {
            message: message.into(),
        }
    }

    /// The limit that was hit, if that is what ended the script.
    pub fn as_limit(&self) -> Option<&LimitExceeded> {
        match self {
            Self::Limit(limit) => Some(limit),
            _ => None,
        }
    }

    /// The Python exception, if Python raised one; that of a limit, too.
    pub fn as_exception(&self) -> Option<&Exception> {
        match self {
            Self::Exception(exception) => Some(exception),
            Self::Limit(limit) => limit.exception(),
            _ => None,
        }
    }

    /// The exit status, if the script ended itself with `SystemExit`.
    pub fn exit_code(&self) -> Option<i32> {
        match self {
            Self::Exit { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// True if the source is a valid beginning that needs more lines: a REPL asks for the next one.
    ///
    /// ```
    /// let open = ungil::Script::compile("def f():", "<input>").unwrap_err();
    /// assert!(open.is_incomplete());
    /// let wrong = ungil::Script::compile("def def", "<input>").unwrap_err();
    /// assert!(!wrong.is_incomplete());
    /// ```
    pub fn is_incomplete(&self) -> bool {
        self.as_exception()
            .and_then(Exception::syntax)
            .is_some_and(|syntax| syntax.incomplete)
    }

    /// Whether the interpreter can be used again after this error.
    pub fn interpreter_usable(&self) -> bool {
        !matches!(
            self,
            Self::Closed { .. } | Self::Panicked { .. } | Self::Unresponsive { .. }
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exception(exception) => exception.fmt(f),
            Self::Exit { code, message: None } => write!(f, "the script exited with status {code}"),
            Self::Exit {
                code,
                message: Some(message),
            } => write!(f, "the script exited with status {code}: {message}"),
            Self::Conversion(error) => error.fmt(f),
            Self::Cancelled => f.write_str("the job was cancelled"),
            Self::Limit(limit) => limit.fmt(f),
            Self::Closed { interpreter } => {
                write!(f, "interpreter {interpreter:?} is closed; make another one to go on")
            }
            Self::Panicked { interpreter, message } => write!(
                f,
                "interpreter {interpreter:?} panicked and is retired: {message}; make another one to go on"
            ),
            Self::Reentrant { interpreter } => write!(
                f,
                "interpreter {interpreter:?} was called from its own thread and would wait for itself; \
                 call another interpreter, or spawn the job without waiting for it"
            ),
            Self::Unresponsive { interpreter, limit } => {
                write!(
                    f,
                    "interpreter {interpreter:?} did not answer: it is inside native code that cannot be interrupted"
                )?;
                match limit {
                    Some(limit) => write!(f, ", beyond its limit of {limit}"),
                    None => Ok(()),
                }
            }
            Self::TooManyLost { pool, lost } => write!(
                f,
                "pool {pool:?} has lost {lost} interpreters that cannot be stopped and takes no work until some of them end"
            ),
            Self::CircuitOpen { pool, losses } => write!(
                f,
                "pool {pool:?} does not run this task: it has cost {losses} interpreters in a row; mend the task, or wait"
            ),
            Self::QueueFull { capacity } => write!(
                f,
                "the queue of {capacity} tasks is full; wait for results, or make the queue larger"
            ),
            Self::Config { message } => f.write_str(message),
            Self::Io { path, source } => write!(f, "can't open file '{}': {source}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(&**source),
            Self::Conversion(error) => Some(error),
            Self::Limit(limit) => limit.exception().map(|exception| exception as _),
            _ => None,
        }
    }
}

impl From<ConversionError> for Error {
    fn from(error: ConversionError) -> Self {
        Self::Conversion(error)
    }
}
