//! What an interpreter has done so far.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

/// A reading of an interpreter's counters.
///
/// ```
/// let py = ungil::Interpreter::new()?;
/// py.exec("x = 1")?;
/// let stats = py.stats();
/// assert_eq!(stats.tasks_run, 1);
/// assert!(stats.time_in_python > std::time::Duration::ZERO);
/// # Ok::<(), ungil::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Jobs that were run to an end, whatever it was.
    pub tasks_run: u64,
    /// Jobs among them that ended with an error.
    pub tasks_failed: u64,
    /// Wall time spent in jobs, the running one included.
    pub time_in_python: Duration,
    /// Processor time of the interpreter's thread since the interpreter was made; `None` where the platform does not
    /// tell, or the interpreter is closed.
    pub cpu_time: Option<Duration>,
    /// Bytes that the interpreter's objects take, to 64 KiB; `None` where the global allocator is no
    /// [`Accounting`](crate::alloc::Accounting).
    pub memory: Option<u64>,
    /// Jobs that wait in the interpreter's own mailbox.
    pub queued: usize,
    /// Whether a job runs now.
    pub busy: bool,
}

#[derive(Default)]
pub(super) struct Counters {
    run: AtomicU64,
    failed: AtomicU64,
    nanos: AtomicU64,
    cpu_at_start: AtomicU64,
    queued: AtomicUsize,
}

impl Counters {
    pub(super) fn started(&self, cpu: Option<Duration>) {
        self.cpu_at_start.store(cpu.map_or(0, nanos), Ordering::Relaxed);
    }

    pub(super) fn queued(&self) {
        self.queued.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn taken(&self) {
        self.queued.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn ran(&self, took: Duration, succeeded: bool) {
        self.run.fetch_add(1, Ordering::Relaxed);
        self.failed.fetch_add(u64::from(!succeeded), Ordering::Relaxed);
        self.nanos.fetch_add(nanos(took), Ordering::Relaxed);
    }

    pub(super) fn read(&self, cpu: Option<Duration>, busy_for: Option<Duration>, memory: Option<u64>) -> Stats {
        let at_start = Duration::from_nanos(self.cpu_at_start.load(Ordering::Relaxed));
        Stats {
            tasks_run: self.run.load(Ordering::Relaxed),
            tasks_failed: self.failed.load(Ordering::Relaxed),
            time_in_python: Duration::from_nanos(self.nanos.load(Ordering::Relaxed)) + busy_for.unwrap_or_default(),
            cpu_time: cpu.map(|cpu| cpu.saturating_sub(at_start)),
            memory,
            queued: self.queued.load(Ordering::Relaxed),
            busy: busy_for.is_some(),
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
