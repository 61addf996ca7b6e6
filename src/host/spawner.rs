//! What drives the futures of async host functions.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use async_executor::Executor;
use futures_lite::future::{block_on, pending};
use parking_lot::Mutex;

use super::arguments::catch;

/// A future that a [`Spawner`] is given to run to its end.
pub type HostTask = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs the futures of async host functions, for instance on the runtime that the host has anyway.
///
/// Without one, they run on one thread of this crate, which is started when it is first needed. That thread has no
/// timers and no I/O of its own: futures that need tokio need a spawner that spawns them there.
///
/// ```
/// use std::time::Duration;
/// use ungil::{HostFunction, Interpreter, Spawner};
///
/// // A program that is built on tokio takes `Handle::current()`.
/// let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
/// let handle = runtime.handle().clone();
/// std::thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
///
/// let spawner = Spawner::new(move |task| drop(handle.spawn(task)));
/// let nap = HostFunction::new_async("nap", |millis: u64| async move {
///     tokio::time::sleep(Duration::from_millis(millis)).await;
///     "rested"
/// });
/// let py = Interpreter::builder().host_function(nap.with_spawner(spawner)).build()?;
/// assert_eq!(py.eval::<String>("nap(1).wait()")?, "rested");
/// # Ok::<(), ungil::Error>(())
/// ```
#[derive(Clone)]
pub struct Spawner(Arc<dyn Fn(HostTask) + Send + Sync>);

impl Spawner {
    /// `spawn` must not block; it is called on the thread of the interpreter that calls the function. If it drops the
    /// future, the script that waits gets an error.
    pub fn new(spawn: impl Fn(HostTask) + Send + Sync + 'static) -> Self {
        Self(Arc::new(spawn))
    }

    pub(super) fn spawn(&self, task: HostTask) {
        (self.0)(task);
    }
}

impl fmt::Debug for Spawner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spawner")
    }
}

/// Runs the task on the thread of this crate.
pub(super) fn spawn_by_default(task: HostTask) -> std::io::Result<()> {
    static EXECUTOR: Executor<'static> = Executor::new();
    static STARTED: Mutex<bool> = Mutex::new(false);

    let mut started = STARTED.lock();
    if !*started {
        crate::control::spawner::spawn("ungil-async", None, || {
            // Tasks catch what panics in the host's code; whatever else panics must not end all that come after it.
            while catch(|| block_on(EXECUTOR.run(pending::<()>()))).is_err() {}
        })?;
        *started = true;
    }
    drop(started);
    EXECUTOR.spawn(task).detach();
    Ok(())
}
