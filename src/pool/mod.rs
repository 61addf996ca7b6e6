//! Pools: many interpreters of one kind that share the work.

mod breaker;
mod builder;
mod crew;
mod feed;
mod lost;
mod map;
mod meter;
mod queue;
mod source;
mod stats;
mod supervision;

use std::{fmt, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

pub use builder::PoolBuilder;
pub use map::{Map, MapUnordered};
pub use stats::PoolStats;

use self::{
    crew::{Crew, PoolJob},
    feed::Feeder,
    queue::Place,
};
use crate::{
    error::{Error, Result},
    interpreter::{Interpreter, Job, Task, prepare_retrying},
};

/// A number of interpreters that are all built from one builder, and a queue of tasks for them.
///
/// Tasks move, interpreters never do: each takes tasks from the queue, and from the others when it has none. All of them
/// are built before the first task, in parallel. A task that fails fails alone. An interpreter whose VM panics
/// is replaced with a new one, and only the task that it ran is lost: it gets [`Error::Panicked`]. So is one that runs into
/// one of the pool's [limits](PoolBuilder::limits) and cannot be stopped; its task gets [`Error::Unresponsive`].
///
/// What a task needs to find, such as functions and modules, every interpreter must have, because any may run it: give
/// it to the builder (`source`, `function`, `module`), or run it on each with [`Pool::broadcast`].
///
/// ```
/// use ungil::Interpreter;
///
/// let pool = Interpreter::builder()
///     .source("text", "def count(line): return len(line.split())")
///     .pool()
///     .size(2)
///     .build()?;
/// let lines = ["to be or not", "to be", "that is the question"];
/// let counts: Vec<usize> = pool.map("text.count", lines).collect::<Result<_, _>>()?;
/// assert_eq!(counts, [4, 2, 4]);
/// # Ok::<(), ungil::Error>(())
/// ```
///
/// # Threads
/// A clone is another handle to the same pool, and any thread may use it. On the threads of its own interpreters, which
/// are in host functions that its tasks call, nothing waits for the pool, because that could be waiting for itself:
/// [`submit`](Pool::submit) gives [`Error::QueueFull`] instead of waiting for room, and what waits for results gives
/// [`Error::Reentrant`].
///
/// # The end of a pool
/// When the last handle is dropped, the pool takes no more tasks, runs those that it has, and closes its interpreters
/// one by one, while the drop returns at once: every [`Job`] still gets its answer. [`shutdown`](Pool::shutdown) does
/// the same and waits, [`shutdown_now`](Pool::shutdown_now) cancels everything first. A process that ends without
/// waiting ends the tasks too.
#[derive(Clone)]
pub struct Pool {
    held: Arc<Held>,
}

/// What goes when the last handle does.
struct Held {
    crew: Arc<Crew>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.crew.leave_alone();
    }
}

impl Pool {
    fn new_from(crew: Arc<Crew>) -> Self {
        Self {
            held: Arc::new(Held { crew }),
        }
    }

    fn crew(&self) -> &Crew {
        &self.held.crew
    }

    /// Puts a task into the queue, waiting for room while the queue is full.
    ///
    /// # Errors
    /// [`Error::Closed`] after a shutdown; on a thread of one of its own interpreters, [`Error::QueueFull`].
    ///
    /// ```
    /// use ungil::{Pool, Task};
    ///
    /// let pool = Pool::builder().size(2).build()?;
    /// let jobs = (0..4).map(|n| pool.submit::<i64>(Task::eval(format!("{n} ** 2"))));
    /// let jobs: Vec<_> = jobs.collect::<Result<_, _>>()?;
    /// let squares: Vec<i64> = jobs.into_iter().map(|job| job.wait()).collect::<Result<_, _>>()?;
    /// assert_eq!(squares, [0, 1, 4, 9]);
    /// # Ok::<(), ungil::Error>(())
    /// ```
    pub fn submit<T>(&self, task: Task) -> Result<Job<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let place = self.crew().reserve()?;
        Ok(self.fill(place, task))
    }

    fn fill<T>(&self, place: Place<'_, PoolJob>, task: Task) -> Job<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let key = task.code_key();
        let (job, result) = prepare_retrying(task, self.held.crew.resubmitter(key));
        self.crew().submit(place, PoolJob { job, meter: None, key });
        let crew = Arc::downgrade(&self.held.crew);
        result.guarded(Arc::new(move || match crew.upgrade() {
            Some(crew) => crew.check_may_wait(),
            None => Ok(()),
        }))
    }

    /// Puts a task into the queue if there is room now, and gives it back if there is none.
    ///
    /// # Errors
    /// [`Error::QueueFull`], or [`Error::Closed`] after a shutdown, with the task.
    pub fn try_submit<T>(&self, task: Task) -> Result<Job<T>, SubmitError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        match self.crew().try_reserve() {
            Ok(place) => Ok(self.fill(place, task)),
            Err(error) => Err(SubmitError(Box::new((task, error)))),
        }
    }

    /// Calls the function of that name in `__main__`, or `"module.name"`, on one of the interpreters, and waits for the
    /// result. A tuple of arguments gives its elements, `()` none, anything else is one argument.
    ///
    /// # Errors
    /// What the function raises, and as [`Pool::submit`]; [`Error::Reentrant`] on a thread of one of its own
    /// interpreters.
    ///
    /// ```
    /// let pool = ungil::Pool::builder().size(1).build()?;
    /// assert_eq!(pool.call::<u64>("math.comb", (5, 2))?, 10);
    /// # Ok::<(), ungil::Error>(())
    /// ```
    pub fn call<T>(&self, name: &str, args: impl Serialize) -> Result<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.crew().check_may_wait()?;
        self.submit(Task::call(name).args(args))?.wait()
    }

    /// Calls a function with each of the items, and gives the results in the items' order.
    ///
    /// Nothing happens before the first result is asked for. From then on items are taken on the calling thread, a
    /// bounded number ahead, so that they may be many or come one by one; several of them travel together when they
    /// are quick. An item that fails fails alone. Dropped early, it cancels what has not finished.
    ///
    /// ```
    /// let pool = ungil::Pool::builder().size(2).build()?;
    /// let roots: Vec<Option<f64>> = pool.map::<f64>("math.sqrt", [4.0, -1.0, 9.0]).map(Result::ok).collect();
    /// assert_eq!(roots, [Some(2.0), None, Some(3.0)]);
    /// # Ok::<(), ungil::Error>(())
    /// ```
    ///
    /// # Errors
    /// Each item has its own. An item that cannot cross is not sent. If the interpreter itself fails in the middle of
    /// several items that travel together, all of them get its error.
    pub fn map<'a, T: DeserializeOwned>(
        &self,
        name: &str,
        items: impl IntoIterator<Item = impl Serialize, IntoIter: 'a>,
    ) -> Map<'a, T> {
        Map::new(Feeder::new(self, name, items, false))
    }

    /// As [`Pool::map`] for functions of several arguments: the elements of each item, a tuple, are the arguments.
    ///
    /// ```
    /// let pool = ungil::Pool::builder().size(2).build()?;
    /// let powers: Vec<u64> = pool.starmap("pow", [(2, 3), (3, 2)]).collect::<Result<_, _>>()?;
    /// assert_eq!(powers, [8, 9]);
    /// # Ok::<(), ungil::Error>(())
    /// ```
    pub fn starmap<'a, T: DeserializeOwned>(
        &self,
        name: &str,
        items: impl IntoIterator<Item = impl Serialize, IntoIter: 'a>,
    ) -> Map<'a, T> {
        Map::new(Feeder::new(self, name, items, true))
    }

    /// As [`Pool::map`], but gives each result, with its item's number, as soon as it is there.
    ///
    /// ```
    /// let pool = ungil::Pool::builder().size(2).build()?;
    /// for (index, result) in pool.map_unordered::<i64>("abs", [-1, -2, -3]) {
    ///     assert_eq!(result?, index as i64 + 1);
    /// }
    /// # Ok::<(), ungil::Error>(())
    /// ```
    pub fn map_unordered<'a, T: DeserializeOwned>(
        &self,
        name: &str,
        items: impl IntoIterator<Item = impl Serialize, IntoIter: 'a>,
    ) -> MapUnordered<'a, T> {
        MapUnordered::new(Feeder::new(self, name, items, false))
    }

    /// Runs a task once on each interpreter, after what that runs now, and waits for all; the results are in the order
    /// of the interpreters. It passes the queue by: to load a module or to set a variable everywhere.
    ///
    /// An interpreter that takes the place of a lost one later does not run it: what must be everywhere at all times is
    /// better given to the builder.
    ///
    /// # Errors
    /// Each interpreter has its own. [`Error::Closed`] for one that is being replaced and after a shutdown;
    /// [`Error::Reentrant`] on a thread of one of its own interpreters.
    ///
    /// ```
    /// use ungil::{Pool, Task};
    ///
    /// let pool = Pool::builder().size(3).build()?;
    /// let loaded = pool.broadcast::<()>(Task::exec("import json; rate = 0.2"));
    /// assert!(loaded.into_iter().all(|result| result.is_ok()));
    /// assert_eq!(pool.call::<String>("json.dumps", ([1, 2],))?, "[1, 2]");
    /// # Ok::<(), ungil::Error>(())
    /// ```
    pub fn broadcast<T>(&self, task: Task) -> Vec<Result<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let allowed = self.crew().check_may_wait();
        let jobs: Vec<_> = self
            .crew()
            .interpreters()
            .map(|interpreter| {
                allowed.clone()?;
                let interpreter = interpreter.ok_or_else(|| Error::Closed {
                    interpreter: self.name().to_owned(),
                })?;
                Ok(interpreter.spawn(task.clone()))
            })
            .collect();
        jobs.into_iter().map(|job| job.and_then(Job::wait)).collect()
    }

    /// Takes no more tasks, runs those in the queue, closes the interpreters, and returns when they are closed.
    /// Does nothing if that was done before.
    ///
    /// # Errors
    /// [`Error::Reentrant`] on a thread of one of its own interpreters.
    pub fn shutdown(&self) -> Result<()> {
        self.crew().check_may_wait()?;
        self.crew().shut_down();
        Ok(())
    }

    /// Takes no more tasks, cancels those that run and those in the queue, which get [`Error::Cancelled`], closes the
    /// interpreters, and returns when they are closed. It also ends a [`shutdown`](Pool::shutdown) that another thread
    /// waits for. What [`broadcast`](Pool::broadcast) runs is not cancelled, and waited for; a task in native code that
    /// cannot be interrupted is waited for, too, unless the pool has [limits](PoolBuilder::limits) and gives it up.
    ///
    /// # Errors
    /// [`Error::Reentrant`] on a thread of one of its own interpreters.
    ///
    /// ```
    /// use ungil::{Error, Pool, Task};
    ///
    /// let pool = Pool::builder().size(1).build()?;
    /// let endless = pool.submit::<()>(Task::exec("while True: pass"))?;
    /// let queued = pool.submit::<()>(Task::exec("pass"))?;
    /// pool.shutdown_now()?;
    /// assert!(matches!(endless.wait(), Err(Error::Cancelled)));
    /// assert!(matches!(queued.wait(), Err(Error::Cancelled)));
    /// # Ok::<(), ungil::Error>(())
    /// ```
    pub fn shutdown_now(&self) -> Result<()> {
        self.crew().check_may_wait()?;
        self.crew().shut_down_now();
        Ok(())
    }

    /// True once it takes no more tasks.
    pub fn is_closed(&self) -> bool {
        self.crew().is_closed()
    }

    /// What it has done so far.
    pub fn stats(&self) -> PoolStats {
        self.crew().stats()
    }

    /// The number of its interpreters.
    #[expect(clippy::len_without_is_empty, reason = "a pool is never empty")]
    pub fn len(&self) -> usize {
        self.crew().size()
    }

    /// The interpreters that it has now, without those that are just being replaced. They can be used directly; one
    /// that is closed is replaced.
    pub fn interpreters(&self) -> Vec<Interpreter> {
        self.crew().interpreters().flatten().collect()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.crew().name()
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.crew().fmt(f)
    }
}

/// A task that a pool did not take. It comes back, with the reason.
///
/// ```
/// use ungil::{Error, Pool, Task};
///
/// let pool = Pool::builder().size(1).build()?;
/// pool.shutdown()?;
/// let refused = pool.try_submit::<()>(Task::exec("pass")).unwrap_err();
/// assert!(matches!(refused.error(), Error::Closed { .. }));
/// let task: Task = refused.into_task();
/// # Ok::<(), ungil::Error>(())
/// ```
#[derive(Debug)]
pub struct SubmitError(Box<(Task, Error)>);

impl SubmitError {
    /// Why it was not taken.
    pub fn error(&self) -> &Error {
        &self.0.1
    }

    /// Takes the task back.
    pub fn into_task(self) -> Task {
        self.0.0
    }
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error().fmt(f)
    }
}

impl std::error::Error for SubmitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.error())
    }
}

impl From<SubmitError> for Error {
    fn from(refused: SubmitError) -> Self {
        refused.0.1
    }
}
