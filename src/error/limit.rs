//! Which limit a script ran into.

use std::{fmt, time::Duration};

use super::Exception;

/// What a limit is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitKind {
    /// Time on the clock, whatever it was spent with.
    WallTime,
    /// Time on the clock without that spent in the host's functions.
    ScriptTime,
    /// Processor time of the interpreter's thread.
    CpuTime,
    /// Bytes that the interpreter's objects take.
    Memory,
    /// Bytes written to stdout and stderr.
    Output,
    /// The size of a result or of a message.
    MessageSize,
    /// Interpreters that a script started and that are alive at once.
    Interpreters,
    /// Tasks that a script started.
    Tasks,
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WallTime => "wall time",
            Self::ScriptTime => "script time",
            Self::CpuTime => "processor time",
            Self::Memory => "memory",
            Self::Output => "output",
            Self::MessageSize => "one result or message",
            Self::Interpreters => "interpreters at once",
            Self::Tasks => "tasks",
        })
    }
}

/// How much a limit allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Allowance {
    /// A span of time.
    Time(Duration),
    /// A number of bytes.
    Bytes(u64),
    /// A number of things.
    Count(u64),
}

/// A limit that was hit: which one, how much it allows, and where the script was.
///
/// ```
/// use std::time::Duration;
/// use ungil::{Allowance, Error, Interpreter, LimitKind, Limits, Task};
///
/// let py = Interpreter::new()?;
/// let limits = Limits::new().wall_time(Duration::from_secs(1));
/// let error = py.spawn::<()>(Task::exec("while True: pass").limits(limits)).wait().unwrap_err();
/// let Error::Limit(hit) = &error else { panic!("{error}") };
/// assert_eq!(hit.kind(), LimitKind::WallTime);
/// assert_eq!(hit.allowed(), Allowance::Time(Duration::from_secs(1)));
/// assert_eq!(hit.exception().unwrap().type_name(), "DeadlineExceeded");
/// assert!(error.interpreter_usable());
/// assert_eq!(py.eval::<i64>("6 * 7")?, 42);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitExceeded {
    kind: LimitKind,
    allowed: Allowance,
    interpreter: String,
    exception: Option<Box<Exception>>,
}

impl LimitExceeded {
    pub(crate) fn new(
        kind: LimitKind,
        allowed: Allowance,
        interpreter: impl Into<String>,
        exception: Option<Box<Exception>>,
    ) -> Self {
        Self {
            kind,
            allowed,
            interpreter: interpreter.into(),
            exception,
        }
    }

    /// Which limit.
    pub fn kind(&self) -> LimitKind {
        self.kind
    }

    /// How much it allows.
    pub fn allowed(&self) -> Allowance {
        self.allowed
    }

    /// The name of the interpreter that hit it.
    pub fn interpreter(&self) -> &str {
        &self.interpreter
    }

    /// What ended the script, with the frames where that was.
    pub fn exception(&self) -> Option<&Exception> {
        self.exception.as_deref()
    }
}

impl fmt::Display for LimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "interpreter {:?} exceeded its limit of {}; it can be used again",
            self.interpreter,
            describe(self.kind, self.allowed)
        )
    }
}

/// A limit in words, such as `2s of wall time`.
pub(crate) fn describe(kind: LimitKind, allowed: Allowance) -> String {
    let amount = match allowed {
        Allowance::Time(time) => format!("{time:?}"),
        Allowance::Bytes(bytes) => format!("{bytes} bytes"),
        Allowance::Count(count) => count.to_string(),
    };
    let of = match kind {
        LimitKind::MessageSize => " in ",
        LimitKind::Interpreters | LimitKind::Tasks => " ",
        _ => " of ",
    };
    format!("{amount}{of}{kind}")
}
