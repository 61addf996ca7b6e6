//! What a pool has done so far.

use crate::interpreter::Stats;

/// A reading of a pool's counters. A chunk of a map counts as one task. A task is counted as ended a moment after its job
/// has its answer.
///
/// ```
/// use ungil::{Pool, Task};
///
/// let pool = Pool::builder().size(2).build()?;
/// pool.submit::<i64>(Task::eval("6 * 7"))?.wait()?;
/// pool.submit::<()>(Task::exec("1 / 0"))?.wait().unwrap_err();
/// pool.shutdown()?;
/// let stats = pool.stats();
/// assert_eq!((stats.done, stats.failed, stats.queued), (1, 1, 0));
/// # Ok::<(), ungil::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// Tasks that wait for an interpreter.
    pub queued: usize,
    /// Tasks that run.
    pub running: usize,
    /// Tasks that ended with a result.
    pub done: u64,
    /// Tasks that ended with an error, the cancelled ones included.
    pub failed: u64,
    /// How often an interpreter was lost, to a panic or because someone closed it; another takes its place each time.
    pub lost: u64,
    /// How many tasks can wait.
    pub capacity: usize,
    /// Of each interpreter that the pool has now; what one counts begins anew with its successor. Tasks run through
    /// [`Pool::broadcast`](crate::Pool::broadcast) are counted here only.
    pub interpreters: Vec<Stats>,
}
