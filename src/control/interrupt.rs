//! Reaching a running interpreter from outside: closures at its next bytecode, and stops that it cannot ignore.

use std::{
    cell::RefCell,
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, bounded};
use parking_lot::Mutex;
use rustpython_vm::{
    PyResult, VirtualMachine,
    builtins::PyBaseExceptionRef,
    signal::{UserSignal, UserSignalSender},
};

use super::{
    OsThread,
    delivery::Deliveries,
    watchdog::{self, Timer},
};

/// How long a script may spend in `finally` blocks after it was told to stop, before it is told at every bytecode.
const GRACE: Duration = Duration::from_millis(25);
/// What it has from its first sign of life after that: a machine may be too busy to have let it run in the meantime.
const LAST_CHANCE: Duration = Duration::from_millis(5);
/// The first repetition of a stop; each further one waits twice as long, up to [`LAST_REPEAT`].
const FIRST_REPEAT: Duration = Duration::from_millis(1);
const LAST_REPEAT: Duration = Duration::from_millis(16);

thread_local! {
    static CURRENT: RefCell<Option<Arc<Control>>> = const { RefCell::new(None) };
}

/// Names one job, in the whole process and for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct JobId(u64);

impl JobId {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Whether a stop was raised in the job that just ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StopRaised(pub(crate) bool);

/// The part of an interpreter that other threads may use at any time.
pub(crate) struct Control {
    id: u64,
    name: Arc<str>,
    make_stop: fn(&VirtualMachine) -> PyBaseExceptionRef,
    signals: OnceLock<UserSignalSender>,
    wake: Sender<()>,
    woken: Receiver<()>,
    running: Mutex<Running>,
    pub(super) deliveries: Deliveries,
}

#[derive(Default)]
struct Running {
    thread: Option<OsThread>,
    job: Option<JobId>,
    since: Option<Instant>,
    stop: Option<Stop>,
    gone: bool,
}

/// How far a stop that was asked for has come. Time counts from when the script's own thread took a step.
#[derive(Clone, Copy, Default)]
enum Stop {
    /// Not raised yet.
    #[default]
    Asked,
    /// Raised; `finally` blocks have until then.
    Unwinding(Instant),
    /// Still running after its grace, and has until then.
    LastChance(Instant),
    /// Raised at every bytecode.
    Insisting,
}

impl Stop {
    fn was_raised(self) -> bool {
        !matches!(self, Self::Asked)
    }

    /// The step that the script's thread takes at `now`: what to be from here on, and whether to raise.
    fn step(self, now: Instant) -> (Self, bool) {
        match self {
            Self::Asked => (Self::Unwinding(now + GRACE), true),
            Self::Unwinding(until) if now >= until => (Self::LastChance(now + LAST_CHANCE), false),
            Self::LastChance(until) if now >= until => (Self::Insisting, true),
            Self::Insisting => (self, true),
            Self::Unwinding(_) | Self::LastChance(_) => (self, false),
        }
    }
}

impl Control {
    /// `make_stop` makes the exception that a stop raises.
    pub(crate) fn new(name: &str, make_stop: fn(&VirtualMachine) -> PyBaseExceptionRef) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let (wake, woken) = bounded(1);
        Arc::new(Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            name: name.into(),
            make_stop,
            signals: OnceLock::new(),
            wake,
            woken,
            running: Mutex::default(),
            deliveries: Deliveries::default(),
        })
    }

    /// The interpreter's number, unique in the process.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Of the interpreter that lives on the calling thread, if one does.
    pub(crate) fn current() -> Option<Arc<Self>> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// True on the interpreter's own thread.
    pub(crate) fn is_current(&self) -> bool {
        CURRENT.with_borrow(|current| current.as_ref().is_some_and(|control| control.id == self.id))
    }

    /// Says that the calling thread is the interpreter's, which is about to be built on it.
    pub(crate) fn settle(self: &Arc<Self>) {
        CURRENT.set(Some(self.clone()));
    }

    /// Binds to the calling thread, which is the interpreter's from here to [`Control::unbind`].
    pub(crate) fn bind(self: &Arc<Self>, signals: UserSignalSender) {
        let _ = self.signals.set(signals);
        self.settle();
        self.running.lock().thread = Some(OsThread::current());
    }

    pub(crate) fn unbind(&self) {
        let mut running = self.running.lock();
        running.thread = None;
        running.gone = true;
        drop(running);
        CURRENT.set(None);
    }

    /// True once the interpreter has left its thread for good.
    pub(crate) fn is_gone(&self) -> bool {
        self.running.lock().gone
    }

    /// Readable when a wait must let the VM look at its signals.
    pub(super) fn woken(&self) -> &Receiver<()> {
        &self.woken
    }

    /// Processor time that the thread has used since it was started.
    pub(crate) fn cpu_time(&self) -> Option<Duration> {
        self.running.lock().thread.and_then(OsThread::cpu_time)
    }

    /// For how long the running job has been running; `None` when idle.
    pub(crate) fn busy_for(&self) -> Option<Duration> {
        self.running.lock().since.map(|since| since.elapsed())
    }

    /// Called on the interpreter's thread when a job starts.
    pub(crate) fn begin(&self, job: JobId) {
        let mut running = self.running.lock();
        running.job = Some(job);
        running.since = Some(Instant::now());
        running.stop = None;
    }

    /// Called on the interpreter's thread when the job has ended: nothing is raised for it from here on.
    pub(crate) fn end(&self) -> StopRaised {
        let mut running = self.running.lock();
        running.job = None;
        running.since = None;
        let stop = running.stop.take();
        drop(running);
        let _ = self.woken.try_recv();
        StopRaised(stop.is_some_and(Stop::was_raised))
    }

    /// Raises in the job until it is over. Does nothing if the job does not run here now.
    pub(crate) fn stop(self: &Arc<Self>, job: JobId) {
        {
            let mut running = self.running.lock();
            if running.job != Some(job) || running.stop.is_some() {
                return;
            }
            running.stop = Some(Stop::default());
        }
        self.send_stop(job);
        let repeat = Repeat {
            control: Arc::downgrade(self),
            job,
            pause: Mutex::new(FIRST_REPEAT),
        };
        watchdog::schedule(Instant::now() + FIRST_REPEAT, Arc::new(repeat));
    }

    /// Runs `closure` on the interpreter's thread at its next bytecode, or when a wait is interrupted.
    /// Returns false if the interpreter is gone.
    pub(crate) fn run_at_next_bytecode(&self, closure: UserSignal) -> bool {
        let sent = self.signals.get().is_some_and(|signals| signals.send(closure).is_ok());
        self.kick();
        sent
    }

    /// Ends the wait or the system call that the interpreter is in, so that it looks at its signals.
    pub(crate) fn kick(&self) {
        self.wake_wait();
        let running = self.running.lock();
        // Only a thread that runs Python may be signalled; it holds still here because it needs the lock to end the job.
        if running.job.is_some()
            && let Some(thread) = running.thread
        {
            thread.wake();
        }
    }

    /// Has a wait of ours look at what came.
    pub(super) fn wake_wait(&self) {
        let _ = self.wake.try_send(());
    }

    fn send_stop(self: &Arc<Self>, job: JobId) {
        let control = self.clone();
        self.run_at_next_bytecode(Box::new(move |vm| control.raise_stop(job, vm)));
    }

    fn raise_stop(self: &Arc<Self>, job: JobId, vm: &VirtualMachine) -> PyResult<()> {
        let (stop, raise) = {
            let mut running = self.running.lock();
            if running.job != Some(job) {
                return Ok(());
            }
            let Some(stop) = &mut running.stop else {
                return Ok(());
            };
            let raise;
            (*stop, raise) = stop.step(Instant::now());
            (*stop, raise)
        };
        if !raise {
            return Ok(());
        }
        if matches!(stop, Stop::Insisting)
            && let Some(signals) = self.signals.get()
        {
            // Raising again at the very next bytecode gets past any `except BaseException`: a handler is not its own guard.
            let control = self.clone();
            let _ = signals.send(Box::new(move |vm| control.raise_stop(job, vm)));
        }
        Err((self.make_stop)(vm))
    }
}

/// Repeats a stop until its job has ended: a signal may arrive just before the system call that it should interrupt,
/// and a script may catch what was raised.
struct Repeat {
    control: Weak<Control>,
    job: JobId,
    pause: Mutex<Duration>,
}

impl Timer for Repeat {
    fn fire(&self) -> Option<Instant> {
        let control = self.control.upgrade()?;
        let stop = {
            let running = control.running.lock();
            if running.job != Some(self.job) {
                return None;
            }
            running.stop?
        };
        let now = Instant::now();
        if let Stop::Unwinding(until) | Stop::LastChance(until) = stop
            && now < until
        {
            // The script is unwinding: leave its `finally` blocks alone until then.
            return Some(until);
        }
        control.send_stop(self.job);
        let mut pause = self.pause.lock();
        *pause = (*pause * 2).min(LAST_REPEAT);
        Some(now + *pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_raised_once_until_its_grace_is_over_and_the_script_has_had_a_turn_since() {
        let start = Instant::now();
        let (stop, raise) = Stop::default().step(start);
        assert!(raise && stop.was_raised());
        let (stop, raise) = stop.step(start + GRACE / 2);
        assert!(
            !raise,
            "a repetition that was on its way does not disturb a finally block"
        );
        let late = start + GRACE * 100;
        let (stop, raise) = stop.step(late);
        assert!(!raise, "a thread that had no turn for long still has its last chance");
        let (stop, raise) = stop.step(late + LAST_CHANCE / 2);
        assert!(!raise);
        let (stop, raise) = stop.step(late + LAST_CHANCE);
        assert!(raise && matches!(stop, Stop::Insisting));
        assert!(stop.step(late + LAST_CHANCE).1);
    }
}
