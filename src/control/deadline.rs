//! What the watchdog does for one interpreter: looking at the clock of its job, repeating a stop, giving up.

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::{
    OsThread,
    clock::Look,
    interrupt::{Control, JobId, LossHook, Reporter, Running},
    memory, spawner,
    stop::{Moment, Stop, StopReason},
    watchdog::{self, Timer},
};

/// The first repetition of a stop; each further one waits twice as long, up to [`LAST_REPEAT`].
pub(super) const FIRST_REPEAT: Duration = Duration::from_millis(1);
const LAST_REPEAT: Duration = Duration::from_millis(16);
/// The same, once nobody waits for the job any more.
const LOST_REPEAT: Duration = Duration::from_secs(2);

/// Has the watchdog look at the clock in time. A look that is due earlier anyway serves later jobs too, so an interpreter
/// whose jobs are short has one entry in the watchdog and not one for each.
pub(super) fn arm(control: &Arc<Control>, running: &mut Running) {
    let cpu = running
        .limits
        .as_ref()
        .and_then(|limits| limits.cpu_time)
        .and_then(|_| running.cpu_time());
    let Some(clock) = &mut running.clock else {
        return;
    };
    let now = Instant::now();
    let at = match clock.look(now, cpu) {
        Look::Over(_) => now,
        Look::NotBefore(at) => at,
        Look::WhenBack => return,
    };
    if running.armed.is_none_or(|armed| at < armed) {
        running.armed = Some(at);
        let control = Arc::downgrade(control);
        watchdog::schedule(
            at,
            Arc::new(Deadline {
                control,
                at: Mutex::new(at),
            }),
        );
    }
}

/// Looks at the clock of whichever job runs when it is due.
struct Deadline {
    control: Weak<Control>,
    /// Told apart by it from one that was replaced by an earlier one.
    at: Mutex<Instant>,
}

impl Timer for Deadline {
    fn fire(&self) -> Option<Instant> {
        let control = self.control.upgrade()?;
        let mut running = control.running.lock();
        let mut at = self.at.lock();
        if running.armed != Some(*at) {
            return None;
        }
        running.armed = None;
        let job = running.job?;
        let cpu = running.cpu_time();
        match running.clock.as_mut()?.look(Instant::now(), cpu) {
            Look::Over(hit) => {
                drop(running);
                control.stop_because(job, StopReason::Limit(hit));
                None
            }
            Look::NotBefore(next) => {
                running.armed = Some(next);
                *at = next;
                Some(next)
            }
            Look::WhenBack => None,
        }
    }
}

/// Repeats a stop until its job has ended: a signal may arrive just before the system call that it should interrupt,
/// and a script may catch what was raised.
pub(super) struct Repeat {
    control: Weak<Control>,
    job: JobId,
    pause: Mutex<Duration>,
}

impl Repeat {
    pub(super) fn new(control: &Arc<Control>, job: JobId) -> Arc<Self> {
        Arc::new(Self {
            control: Arc::downgrade(control),
            job,
            pause: Mutex::new(FIRST_REPEAT),
        })
    }
}

impl Timer for Repeat {
    fn fire(&self) -> Option<Instant> {
        let control = self.control.upgrade()?;
        let now = Instant::now();
        let (stage, lost, report) = {
            let mut running = control.running.lock();
            if running.job != Some(self.job) {
                return None;
            }
            let stop = running.stop?;
            let patience = running.limits.as_ref().and_then(|limits| limits.patience());
            let hopeless = patience.is_some_and(|patience| stop.is_hopeless(Moment::new(running.cpu_time()), patience));
            let report = (hopeless && !running.lost).then(|| give_up(&control, &mut running));
            (stop.stage, running.lost, report)
        };
        if let Some(report) = report {
            report.send();
        }
        if let Some(until) = stage.leaves_alone_until()
            && now < until
        {
            return Some(until);
        }
        control.send_stop(self.job);
        let mut pause = self.pause.lock();
        *pause = (*pause * 2).min(if lost { LOST_REPEAT } else { LAST_REPEAT });
        Some(now + *pause)
    }
}

/// Gives up an interpreter whose thread the allocator holds: it never comes back.
pub(super) fn give_up_parked(control: &Arc<Control>) {
    let report = {
        let mut running = control.running.lock();
        if running.lost || running.job.is_none() {
            return;
        }
        let reason = memory::reason(control.account().soft_limit().unwrap_or_default());
        running.stop.get_or_insert_with(|| Stop::new(reason, None));
        give_up(control, &mut running)
    };
    report.send();
}

impl Control {
    /// Gives the thread of an interpreter that was given up its class back. False if it has not what it needs for that: it is
    /// of no use for another interpreter then.
    pub(crate) fn restore_thread(&self) -> bool {
        let mut running = self.running.lock();
        if running.demoted && running.thread.is_some_and(OsThread::restore) {
            running.demoted = false;
        }
        !running.demoted
    }
}

/// What must be told once an interpreter is given up.
struct Report {
    interpreter: String,
    hooks: Vec<LossHook>,
    reporter: Option<Arc<dyn Reporter>>,
    reason: Option<StopReason>,
}

/// Leaves the thread to itself. Whoever waits for the job, or for what the interpreter holds, must be told.
fn give_up(control: &Control, running: &mut Running) -> Report {
    running.lost = true;
    control.leave_account();
    tracing::warn!(interpreter = control.name(), "given up: it could not be stopped");
    // One that is in the host's code may hold the host's locks, which others wait for.
    if !control.is_in_host()
        && let Some(thread) = running.thread
    {
        running.demoted = thread.demote();
    }
    Report {
        interpreter: control.name().to_owned(),
        hooks: [
            std::mem::take(&mut running.loss_hooks),
            std::mem::take(&mut running.job_loss_hooks),
        ]
        .into_iter()
        .flatten()
        .collect(),
        reporter: running.reporter.take(),
        reason: running.stop.map(|stop| stop.reason),
    }
}

impl Report {
    /// Tells them on another thread: what is let go of may have destructors of the host, and timers must not wait for them.
    fn send(self) {
        let report = Arc::new(Mutex::new(Some(self)));
        let told = report.clone();
        let tell = move || {
            if let Some(report) = told.lock().take() {
                report.tell();
            }
        };
        if let Err(error) = spawner::spawn("ungil-lost", None, tell) {
            tracing::warn!(%error, "no thread to tell that an interpreter is lost");
            let report = report.lock().take();
            report.into_iter().for_each(Self::tell);
        }
    }

    fn tell(self) {
        // First, because a task that is to run again must be back in its queue before that is found empty.
        if let Some(reporter) = self.reporter {
            reporter.lost(&self.interpreter, self.reason);
        }
        for hook in self.hooks {
            hook();
        }
    }
}
