//! What a host lets a script use.

use std::time::Duration;

use crate::{
    alloc,
    error::{Allowance, LimitKind},
};

/// How long a script that was told to stop may go without an answer, where a limit is set.
const DEFAULT_GIVE_UP: Duration = Duration::from_millis(200);

/// How much an interpreter, or one task, may use. What is not set is not limited.
///
/// Given to [`Builder::limits`](crate::Builder::limits) it holds for every job of the interpreter, given to
/// [`PoolBuilder::limits`](crate::PoolBuilder::limits) for every task of the pool, and given to
/// [`Task::limits`](crate::Task::limits) for that task alone, where it goes before the others.
///
/// A time limit raises `ungil.DeadlineExceeded` (a `BaseException`) in the script. It has a moment's grace for `finally`
/// blocks; then the exception comes again at every bytecode until the script has ended. The job's error is
/// [`Error::Limit`](crate::Error::Limit), and the interpreter can be used again. A script that cannot be stopped, because
/// it is inside a single native operation, is given up; see [`Limits::give_up_after`].
///
/// Interpreters that a script starts share its account of memory and its counts of interpreters and tasks, and have the
/// time that is left of its job when they are started.
///
/// ```
/// use std::time::Duration;
/// use ungil::{Error, Interpreter, Limits};
///
/// let py = Interpreter::builder()
///     .limits(Limits::new().wall_time(Duration::from_secs(1)).output(1 << 20))
///     .build()?;
/// assert!(matches!(py.exec("while True: pass"), Err(Error::Limit(_))));
/// assert_eq!(py.eval::<i64>("6 * 7")?, 42);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Limits {
    pub(crate) wall_time: Option<Duration>,
    pub(crate) script_time: Option<Duration>,
    pub(crate) cpu_time: Option<Duration>,
    pub(crate) memory: Option<u64>,
    pub(crate) hard_memory: Option<u64>,
    pub(crate) recursion: Option<usize>,
    pub(crate) output: Option<u64>,
    pub(crate) message_size: Option<u64>,
    pub(crate) interpreters: Option<u64>,
    pub(crate) tasks: Option<u64>,
    pub(crate) give_up_after: Option<Duration>,
}

impl Limits {
    /// No limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Time on the clock for one job, from when it starts to run.
    pub fn wall_time(mut self, time: Duration) -> Self {
        self.wall_time = Some(time);
        self
    }

    /// Time on the clock for one job, without what it spends in the host's functions and in waiting for them.
    pub fn script_time(mut self, time: Duration) -> Self {
        self.script_time = Some(time);
        self
    }

    /// Processor time of the interpreter's thread for one job. Where the platform does not tell it (it does on Linux), the
    /// time on the clock counts instead.
    pub fn cpu_time(mut self, time: Duration) -> Self {
        self.cpu_time = Some(time);
        self
    }

    /// Bytes that the interpreter's objects may take, those included that it has before it runs anything: about 4 MB.
    /// Whoever takes more gets `MemoryError` at the next bytecode, after garbage in cycles was freed, and may recover; one
    /// that goes on is ended at half the way to the hard limit. Interpreters that a script starts share its account.
    ///
    /// Needs [`Accounting`](crate::alloc::Accounting) as the program's global allocator: without it, it is an error. See
    /// [`Limits::hard_memory`] for what becomes of who cannot be told.
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// Where a thread that cannot be told (it grows something in one native operation) is held inside the allocator for
    /// good. Its interpreter is lost: the job's error is [`Error::Unresponsive`](crate::Error::Unresponsive). A thread is
    /// only held where it runs Python, never in functions of the host, so the limit is not exact. By default a quarter
    /// more than [`Limits::memory`], and 16 MiB.
    pub fn hard_memory(mut self, bytes: u64) -> Self {
        self.hard_memory = Some(bytes);
        self
    }

    /// How deep Python functions may call one another: more raises `RecursionError`, and `sys.setrecursionlimit` refuses to
    /// go higher. What the thread's stack does not hold raises `RecursionError` in any case.
    pub fn recursion(mut self, depth: usize) -> Self {
        self.recursion = Some(depth);
        self
    }

    /// Bytes that one job may write to `sys.stdout` and `sys.stderr` together. More ends it, with
    /// `ungil.LimitExceeded` (a `BaseException`) in the script.
    pub fn output(mut self, bytes: u64) -> Self {
        self.output = Some(bytes);
        self
    }

    /// About how many bytes the data of one result, or of one message that the script sends, may take.
    pub fn message_size(mut self, bytes: u64) -> Self {
        self.message_size = Some(bytes);
        self
    }

    /// How many interpreters the script may have started and alive at once, those that they start included.
    pub fn interpreters(mut self, count: u64) -> Self {
        self.interpreters = Some(count);
        self
    }

    /// How many tasks the script may start in all, those that its interpreters start included.
    pub fn tasks(mut self, count: u64) -> Self {
        self.tasks = Some(count);
        self
    }

    /// How long a script that was told to stop, because of a limit or a cancel, may stay away before it is given up: the
    /// job's error is then [`Error::Unresponsive`](crate::Error::Unresponsive), the interpreter is lost, and its thread
    /// gets the lowest scheduling class and ends should it come back. 200 ms by default where a limit is set; without any
    /// limit a stop waits for as long as it takes.
    ///
    /// The thread must have had a fair share of that time on a processor, or four times as long must have passed, so that
    /// a busy machine is not taken for a stubborn script.
    pub fn give_up_after(mut self, time: Duration) -> Self {
        self.give_up_after = Some(time);
        self
    }

    /// Those of an interpreter for scripts that the host did not write, unless it says otherwise.
    pub(crate) fn sandboxed() -> Self {
        let limits = Self::new()
            .wall_time(Duration::from_secs(60))
            .output(16 << 20)
            .message_size(64 << 20)
            .interpreters(8)
            .tasks(10_000);
        // Where nobody counts memory, a limit of it would be an error.
        if alloc::is_installed() {
            limits.memory(256 << 20)
        } else {
            limits
        }
    }

    /// These limits, and those of `base` for what these do not set.
    pub(crate) fn or(&self, base: &Self) -> Self {
        Self {
            wall_time: self.wall_time.or(base.wall_time),
            script_time: self.script_time.or(base.script_time),
            cpu_time: self.cpu_time.or(base.cpu_time),
            memory: self.memory.or(base.memory),
            hard_memory: self.hard_memory.or(base.hard_memory),
            recursion: self.recursion.or(base.recursion),
            output: self.output.or(base.output),
            message_size: self.message_size.or(base.message_size),
            interpreters: self.interpreters.or(base.interpreters),
            tasks: self.tasks.or(base.tasks),
            give_up_after: self.give_up_after.or(base.give_up_after),
        }
    }

    /// True if a job's time is limited in some way.
    pub(crate) fn is_timed(&self) -> bool {
        self.wall_time.is_some() || self.script_time.is_some() || self.cpu_time.is_some()
    }

    /// The same, with no limit of time that is shorter than `least`.
    pub(super) fn with_time_of(&self, least: Duration) -> Self {
        let raise = |limit: Option<Duration>| limit.map(|limit| limit.max(least));
        Self {
            wall_time: raise(self.wall_time),
            script_time: raise(self.script_time),
            cpu_time: raise(self.cpu_time),
            ..self.clone()
        }
    }

    /// When to give up on a job that was told to stop; `None` for never.
    pub(crate) fn patience(&self) -> Option<Duration> {
        let limited = self.is_timed() || self.memory.is_some() || self.output.is_some();
        self.give_up_after.or(limited.then_some(DEFAULT_GIVE_UP))
    }
}

/// A limit that was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) kind: LimitKind,
    pub(crate) allowed: Allowance,
}
