//! The part of an interpreter that other threads may use at any time: what it runs, for how long, and within what limits.

use std::{
    cell::RefCell,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, bounded};
use parking_lot::Mutex;
use rustpython_vm::{VirtualMachine, builtins::PyBaseExceptionRef, signal::UserSignalSender};

use super::{
    OsThread,
    clock::Clock,
    deadline,
    delivery::Deliveries,
    limits::Limits,
    memory,
    quota::Quota,
    stop::{Stop, StopReason},
    token::StopSignal,
};
use crate::alloc::{self, Account};

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

/// What was raised in the job that just ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Raised {
    pub(crate) stop: Option<StopReason>,
    /// A limit because of which it got an exception that it could go on after.
    pub(crate) hit: Option<StopReason>,
}

/// Who must hear when a job is given up while it runs.
pub(crate) trait Reporter: Send + Sync {
    /// The job will have no result: its interpreter is lost.
    fn lost(self: Arc<Self>, interpreter: &str, reason: Option<StopReason>);
}

/// What makes the exception that a stop raises.
pub(crate) type MakeStop = fn(&VirtualMachine, StopReason) -> PyBaseExceptionRef;

/// Something to do when an interpreter is lost.
pub(super) type LossHook = Box<dyn FnOnce() + Send>;

/// The part of an interpreter that other threads may use at any time.
pub(crate) struct Control {
    id: u64,
    name: Arc<str>,
    pub(super) make_stop: MakeStop,
    limits: Arc<Limits>,
    quota: Arc<Quota>,
    pub(super) signals: OnceLock<UserSignalSender>,
    pub(super) wake: Sender<()>,
    woken: Receiver<()>,
    /// How many host functions the thread is in.
    host_depth: AtomicU32,
    account: &'static Account,
    /// Whether the account is its own, and not that of the interpreter that started it.
    owns_account: bool,
    /// How many bytes it asked for when it was told to end for its memory, which it has not heard; 0 if it has.
    unheard: AtomicUsize,
    /// Its thread is held in the allocator.
    parked: AtomicBool,
    /// Counts the jobs.
    epoch: AtomicU64,
    /// Bytes that the running job has written.
    pub(super) output: AtomicU64,
    /// Whether the running job must note when it enters and leaves host functions.
    counts_script_time: AtomicBool,
    pub(super) running: Mutex<Running>,
    pub(super) deliveries: Deliveries,
}

#[derive(Default)]
pub(super) struct Running {
    pub(super) thread: Option<OsThread>,
    pub(super) job: Option<JobId>,
    since: Option<Instant>,
    pub(super) limits: Option<Arc<Limits>>,
    pub(super) stop: Option<Stop>,
    /// Set when something is raised in the job because of a limit that it can go on after.
    hit: Option<StopReason>,
    pub(super) job_loss_hooks: Vec<LossHook>,
    /// Only where the job's time is limited.
    pub(super) clock: Option<Clock>,
    /// When the watchdog looks at the clock.
    pub(super) armed: Option<Instant>,
    pub(super) reporter: Option<Arc<dyn Reporter>>,
    pub(super) signal: Option<Arc<StopSignal>>,
    pub(super) loss_hooks: Vec<LossHook>,
    /// Given up: its thread has not come back from a job.
    pub(super) lost: bool,
    /// Its thread got the lowest scheduling class.
    pub(super) demoted: bool,
    gone: bool,
}

impl Running {
    pub(super) fn cpu_time(&self) -> Option<Duration> {
        self.thread.and_then(OsThread::cpu_time)
    }
}

impl Control {
    /// `make_stop` makes the exception that a stop raises; `limits` hold for jobs that bring none of their own.
    /// `account` is that of the interpreter that starts this one, if one does.
    pub(crate) fn new(
        name: &str,
        make_stop: MakeStop,
        limits: Limits,
        quota: Arc<Quota>,
        account: Option<&'static Account>,
    ) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let (wake, woken) = bounded(1);
        let control = Arc::new(Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            name: name.into(),
            make_stop,
            limits: Arc::new(limits),
            quota,
            owns_account: account.is_none(),
            account: account.map_or_else(Account::open, Account::share),
            unheard: AtomicUsize::new(0),
            parked: AtomicBool::new(false),
            signals: OnceLock::new(),
            wake,
            woken,
            epoch: AtomicU64::new(0),
            output: AtomicU64::new(0),
            host_depth: AtomicU32::new(0),
            counts_script_time: AtomicBool::new(false),
            running: Mutex::default(),
            deliveries: Deliveries::default(),
        });
        memory::watch(&control);
        control
    }

    /// The interpreter's number, unique in the process.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// As [`Control::current`], for code that must not fail.
    pub(super) fn with_current(closure: impl FnOnce(&Arc<Self>)) {
        let _ = CURRENT.try_with(|current| {
            if let Ok(current) = current.try_borrow()
                && let Some(control) = &*current
            {
                closure(control);
            }
        });
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

    /// Takes that back: another will be built there.
    pub(crate) fn unsettle(&self) {
        CURRENT.set(None);
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
        let hooks = std::mem::take(&mut running.loss_hooks);
        drop(running);
        drop(hooks);
        CURRENT.set(None);
    }

    /// True once the interpreter has left its thread for good, or is lost.
    pub(crate) fn is_gone(&self) -> bool {
        let running = self.running.lock();
        running.gone || running.lost
    }

    /// True once the interpreter was given up, whether or not its thread has come back since.
    pub(crate) fn is_lost(&self) -> bool {
        self.running.lock().lost
    }

    /// Readable when a wait must let the VM look at its signals.
    pub(super) fn woken(&self) -> &Receiver<()> {
        &self.woken
    }

    /// The limits of the running job, or those of the interpreter.
    pub(crate) fn limits(&self) -> Arc<Limits> {
        self.running
            .lock()
            .limits
            .clone()
            .unwrap_or_else(|| self.limits.clone())
    }

    /// The limits of the running job with the time that is left of it.
    pub(crate) fn limits_left(&self) -> Limits {
        let running = self.running.lock();
        match (&running.clock, &running.limits) {
            (Some(clock), _) => clock.left(Instant::now(), running.cpu_time()),
            (None, Some(limits)) => (**limits).clone(),
            (None, None) => (*self.limits).clone(),
        }
    }

    /// How many interpreters and tasks the script may start. Those that it starts share it.
    pub(crate) fn quota(&self) -> &Arc<Quota> {
        &self.quota
    }

    /// Processor time that the thread has used since it was started.
    pub(crate) fn cpu_time(&self) -> Option<Duration> {
        self.running.lock().cpu_time()
    }

    /// For how long the running job has been running; `None` when idle.
    pub(crate) fn busy_for(&self) -> Option<Duration> {
        self.running.lock().since.map(|since| since.elapsed())
    }

    /// Called on the interpreter's thread when a job starts. `limits` go before those of the interpreter.
    pub(crate) fn begin(self: &Arc<Self>, job: JobId, limits: Option<&Limits>, reporter: Option<Arc<dyn Reporter>>) {
        let limits = limits.map_or_else(|| self.limits.clone(), |own| Arc::new(own.or(&self.limits)));
        self.output.store(0, Ordering::Relaxed);
        self.epoch.fetch_add(1, Ordering::Relaxed);
        let mut running = self.running.lock();
        running.job = Some(job);
        running.since = Some(Instant::now());
        running.stop = None;
        running.hit = None;
        self.note_heard();
        running.signal = None;
        running.reporter = reporter;
        running.clock = limits.is_timed().then(|| {
            let cpu = limits.cpu_time.and_then(|_| running.cpu_time());
            Clock::start(limits.clone(), cpu)
        });
        if self.owns_account {
            self.account.set_limits(memory::limits(&limits));
        }
        running.limits = Some(limits);
        let counts = running.clock.as_ref().is_some_and(Clock::counts_script_time);
        self.counts_script_time.store(counts, Ordering::Relaxed);
        if running.clock.is_some() {
            deadline::arm(self, &mut running);
        }
    }

    /// Called on the interpreter's thread when the job has ended: nothing is raised for it from here on.
    pub(crate) fn end(&self) -> Raised {
        let mut running = self.running.lock();
        running.job = None;
        running.since = None;
        running.clock = None;
        running.limits = None;
        let reporter = running.reporter.take();
        let stop = running.stop.take();
        let hit = running.hit.take();
        let hooks = std::mem::take(&mut running.job_loss_hooks);
        drop(running);
        drop(hooks);
        drop(reporter);
        self.counts_script_time.store(false, Ordering::Relaxed);
        let _ = self.woken.try_recv();
        Raised {
            stop: stop.filter(|stop| stop.stage.was_raised()).map(|stop| stop.reason),
            hit,
        }
    }

    /// Has `hook` called when the interpreter is given up, on a thread of its own.
    pub(crate) fn on_loss(&self, hook: impl FnOnce() + Send + 'static) {
        self.running.lock().loss_hooks.push(Box::new(hook));
    }

    /// As [`Control::on_loss`], until the running job has ended. Called on the interpreter's thread.
    pub(crate) fn on_loss_of_job(&self, hook: impl FnOnce() + Send + 'static) {
        self.running.lock().job_loss_hooks.push(Box::new(hook));
    }

    /// What the interpreter's objects are charged to.
    pub(crate) fn account(&self) -> &'static Account {
        self.account
    }

    /// Notes that the running job gets an exception because of a limit; if it ends the job, the job's error says so.
    pub(crate) fn note_hit(&self, reason: StopReason) {
        self.running.lock().hit = Some(reason);
    }

    /// The number of the running job among those of this interpreter; readable without a lock.
    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Relaxed)
    }

    /// It is told to end for its memory, while it asks for so many bytes.
    pub(super) fn note_unheard(&self, request: usize) {
        self.unheard.store(request.max(1), Ordering::SeqCst);
    }

    pub(super) fn note_heard(&self) {
        self.unheard.store(0, Ordering::SeqCst);
    }

    /// What it asked for when it was told to end for its memory, if it has not heard that.
    pub(super) fn unheard(&self) -> Option<usize> {
        Some(self.unheard.load(Ordering::SeqCst)).filter(|request| *request > 0)
    }

    /// What runs now.
    pub(super) fn job(&self) -> Option<JobId> {
        self.running.lock().job
    }

    pub(super) fn note_parked(&self) {
        self.parked.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_parked(&self) -> bool {
        self.parked.load(Ordering::SeqCst)
    }

    /// It is given up: nobody minds if the thread is held.
    pub(super) fn leave_account(&self) {
        if self.owns_account {
            self.account.set_lost();
        }
    }

    /// True while the thread is in code of the host that a script called.
    pub(super) fn is_in_host(&self) -> bool {
        self.host_depth.load(Ordering::Relaxed) > 0
    }

    fn enter_host(&self) {
        let outermost = self.host_depth.fetch_add(1, Ordering::Relaxed) == 0;
        if outermost
            && self.counts_script_time.load(Ordering::Relaxed)
            && let Some(clock) = &mut self.running.lock().clock
        {
            clock.enter_host();
        }
    }

    fn leave_host(self: &Arc<Self>) {
        let outermost = self.host_depth.fetch_sub(1, Ordering::Relaxed) == 1;
        if outermost && self.counts_script_time.load(Ordering::Relaxed) {
            let mut running = self.running.lock();
            if let Some(clock) = &mut running.clock {
                clock.leave_host();
                deadline::arm(self, &mut running);
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.account.close();
    }
}

/// Runs code of the host that a script called: its time is not the script's.
pub(crate) fn in_host<R>(body: impl FnOnce() -> R) -> R {
    struct Inside;
    impl Drop for Inside {
        fn drop(&mut self) {
            CURRENT.with_borrow(|control| control.as_ref().map(Control::leave_host));
        }
    }
    CURRENT.with_borrow(|control| control.as_ref().map(|control| control.enter_host()));
    let _inside = Inside;
    // The host may hold locks of its own, so that the thread must not be held for good here.
    let _outside = alloc::in_python(false);
    body()
}
