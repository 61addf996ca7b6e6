//! How many interpreters, of which kind, with how long a queue.

use std::{
    num::NonZero,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use super::{Pool, crew::Crew, supervision::Supervision};
use crate::{
    alloc,
    control::Limits,
    error::{Error, Result},
    interpreter::Blueprint,
};

const DEFAULT_CAPACITY: usize = 1024;

/// What a [`Pool`] is made with.
///
/// ```
/// use ungil::Pool;
///
/// let pool = Pool::builder().name("prices").size(2).queue(100).build()?;
/// assert_eq!(pool.len(), 2);
/// assert_eq!(pool.interpreters()[0].name(), "prices-0");
/// # Ok::<(), ungil::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct PoolBuilder {
    blueprint: Result<Arc<Blueprint>>,
    name: Option<String>,
    size: Option<usize>,
    capacity: usize,
    limits: Option<Limits>,
    supervision: Supervision,
}

impl PoolBuilder {
    pub(crate) fn from_blueprint(blueprint: Result<Arc<Blueprint>>) -> Self {
        Self {
            blueprint,
            name: None,
            size: None,
            capacity: DEFAULT_CAPACITY,
            limits: None,
            supervision: Supervision::default(),
        }
    }

    pub(crate) fn blueprint(mut self, blueprint: Result<Arc<Blueprint>>) -> Self {
        self.blueprint = blueprint;
        self
    }

    /// The number of interpreters; as many as the machine runs threads at once by default.
    pub fn size(mut self, interpreters: usize) -> Self {
        self.size = Some(interpreters);
        self
    }

    /// How many tasks may wait for an interpreter, at least 1; 1024 by default. [`Pool::submit`] waits while there are
    /// as many.
    pub fn queue(mut self, capacity: usize) -> Self {
        self.capacity = capacity;
        self
    }

    /// What each task may use, beside what the interpreters' builder says: what is set here goes before. With a limit of
    /// time a map sends its items one by one, unless it is given a chunk size; the limit then is that of a chunk.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Replaces an interpreter when it has run so many tasks, so that what they leave behind does not add up.
    pub fn recycle_after(mut self, tasks: u64) -> Self {
        self.supervision.recycle_after = Some(tasks);
        self
    }

    /// Replaces an interpreter whose memory stays above so many bytes: after three tasks in a row. Needs
    /// [`Accounting`](crate::alloc::Accounting) as the global allocator.
    pub fn recycle_over(mut self, bytes: u64) -> Self {
        self.supervision.recycle_over = Some(bytes);
        self
    }

    /// How many interpreters may be lost to tasks that cannot be stopped, and still be running, before the pool takes no
    /// more work ([`Error::TooManyLost`]) until some of them have ended. By default four times the pool's size, and at
    /// least 16.
    pub fn max_lost(mut self, interpreters: usize) -> Self {
        self.supervision.max_lost = Some(interpreters);
        self
    }

    /// After how many interpreters that were lost to it in a row a task is not run any more ([`Error::CircuitOpen`]), and
    /// for how long, until it is tried again. Tasks are told apart by the code that they run: a function's name, a source.
    /// 3 and 30 seconds by default; 0 losses turn it off.
    pub fn circuit_breaker(mut self, losses: u32, pause: Duration) -> Self {
        self.supervision.breaker_losses = losses;
        self.supervision.breaker_pause = pause;
        self
    }

    /// The pool's name; the interpreters are called by it and a number. By default made from a number.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Builds the interpreters, in parallel, and returns when all are ready.
    ///
    /// # Errors
    /// [`Error::Config`] for a size or capacity of 0, and whatever keeps one of the interpreters from being built.
    pub fn build(self) -> Result<Pool> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let mut blueprint = self.blueprint?;
        if let Some(limits) = &self.limits {
            let limits = limits.or(&blueprint.limits);
            Arc::make_mut(&mut blueprint).limits = limits;
        }
        let size = self
            .size
            .unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZero::get));
        if size == 0 {
            return Err(Error::config(
                "a pool needs at least one interpreter; give it a size of 1 or more",
            ));
        }
        if self.capacity == 0 {
            return Err(Error::config("a pool's queue needs room for at least one task"));
        }
        let name = self
            .name
            .or_else(|| blueprint.name.clone())
            .unwrap_or_else(|| format!("pool-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        if self.supervision.recycle_over.is_some() && !alloc::is_installed() {
            return Err(Error::config(
                "a mark for memory needs memory to be counted: install ungil::alloc::Accounting as the global allocator",
            ));
        }
        Crew::build(name, blueprint, size, self.capacity, self.supervision).map(Pool::new_from)
    }
}
