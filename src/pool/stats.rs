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
    /// How often an interpreter was lost: its VM panicked, it could not be stopped and was given up, or someone closed it.
    /// Another takes its place each time.
    pub lost: u64,
    /// Interpreters among them that were given up and have not ended.
    pub stuck: usize,
    /// Bytes that those hold, which are free when they end; `None` where the global allocator is no
    /// [`Accounting`](crate::alloc::Accounting). One that is held inside the allocator for its memory never ends.
    pub stuck_memory: Option<u64>,
    /// How often an interpreter was replaced because it had done its part; see
    /// [`PoolBuilder::recycle_after`](crate::PoolBuilder::recycle_after).
    pub recycled: u64,
    /// How often a task was run again because its interpreter was lost; see [`Task::retries`](crate::Task::retries).
    pub retried: u64,
    /// Tasks that were not run because their code has cost too many interpreters; they count as failed, too.
    pub refused: u64,
    /// How many tasks can wait.
    pub capacity: usize,
    /// Of each interpreter that the pool has now; what one counts begins anew with its successor. Tasks run through
    /// [`Pool::broadcast`](crate::Pool::broadcast) are counted here only.
    pub interpreters: Vec<Stats>,
}
