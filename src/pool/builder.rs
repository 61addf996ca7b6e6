//! How many interpreters, of which kind, with how long a queue.

use std::{
    num::NonZero,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use super::{Pool, crew::Crew};
use crate::{
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
}

impl PoolBuilder {
    pub(crate) fn from_blueprint(blueprint: Result<Arc<Blueprint>>) -> Self {
        Self {
            blueprint,
            name: None,
            size: None,
            capacity: DEFAULT_CAPACITY,
            limits: None,
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
        Crew::build(name, blueprint, size, self.capacity).map(Pool::new_from)
    }
}
