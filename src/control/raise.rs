//! Reaching a running interpreter from outside: closures at its next bytecode, and stops that it cannot ignore.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use rustpython_vm::{PyResult, VirtualMachine, builtins::PyBaseExceptionRef, signal::UserSignal};

use super::{
    clock::Clock,
    deadline::{self, Repeat},
    interrupt::{Control, JobId},
    limits::Hit,
    stop::{Stage, Stop, StopReason},
    token::StopSignal,
    watchdog,
};
use crate::{
    alloc,
    error::{Allowance, LimitKind},
};

/// What a report of a stop may take at least: a script that had milliseconds is not reported in as many, on a busy machine.
const REPORT_TIME: Duration = Duration::from_secs(10);

impl Control {
    /// Raises in the job until it is over. Does nothing if the job does not run here now.
    pub(crate) fn stop(self: &Arc<Self>, job: JobId) {
        self.stop_because(job, StopReason::Cancelled);
    }

    /// As [`Control::stop`], for another reason. The first reason counts.
    pub(crate) fn stop_because(self: &Arc<Self>, job: JobId, reason: StopReason) {
        let signal = {
            let mut running = self.running.lock();
            if running.job != Some(job) || running.stop.is_some() {
                return;
            }
            running.stop = Some(Stop::new(reason, running.cpu_time()));
            running.signal.clone()
        };
        self.send_stop(job);
        // Behind the stop, so that a script whose host function ends now is stopped before it goes on.
        if let Some(signal) = signal {
            signal.set();
        }
        watchdog::schedule(Instant::now() + deadline::FIRST_REPEAT, Repeat::new(self, job));
    }

    /// Stops whatever runs now, for a limit that it hit.
    pub(crate) fn stop_current(self: &Arc<Self>, reason: StopReason) {
        let job = self.job();
        if let Some(job) = job {
            self.stop_because(job, reason);
        }
    }

    /// Counts what the running job writes. Beyond its limit the job is stopped, and the error says why.
    pub(crate) fn spend_output(self: &Arc<Self>, bytes: usize) -> Result<(), StopReason> {
        let written = self.output.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        let limits = self.limits();
        match limits.output {
            Some(limit) if written > limit => {
                let reason = StopReason::Limit(Hit {
                    kind: LimitKind::Output,
                    allowed: Allowance::Bytes(limit),
                });
                self.stop_current(reason);
                Err(reason)
            }
            _ => Ok(()),
        }
    }

    /// The stop of the running job has done its work: the job goes on, with output as at its start and some time, to
    /// report what happened.
    pub(crate) fn acknowledge_stop(self: &Arc<Self>) {
        self.output.store(0, Ordering::Relaxed);
        let mut running = self.running.lock();
        if running.lost || running.stop.take().is_none() {
            return;
        }
        let cpu = running.cpu_time();
        running.clock = running
            .limits
            .clone()
            .filter(|limits| limits.is_timed())
            .map(|limits| Clock::start(Arc::new(limits.with_time_of(REPORT_TIME)), cpu));
        deadline::arm(self, &mut running);
    }

    /// What tells host code that the running job is to stop; `None` when nothing runs.
    pub(crate) fn stop_signal(&self) -> Option<Arc<StopSignal>> {
        let mut running = self.running.lock();
        running.job?;
        let stopping = running.stop.is_some();
        let signal = running.signal.get_or_insert_with(StopSignal::new).clone();
        drop(running);
        if stopping {
            signal.set();
        }
        Some(signal)
    }

    /// Runs `closure` on the interpreter's thread at its next bytecode, or when a wait is interrupted.
    /// Returns false if the interpreter is gone.
    pub(crate) fn run_at_next_bytecode(&self, closure: UserSignal) -> bool {
        let sent = alloc::quietly(|| self.signals.get().is_some_and(|signals| signals.send(closure).is_ok()));
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

    pub(super) fn send_stop(self: &Arc<Self>, job: JobId) {
        let on_its_way = self.running.lock().stop.as_mut().is_some_and(Stop::send);
        if on_its_way {
            // One that nobody has taken yet is enough, however long a thread stays away.
            return self.kick();
        }
        let control = self.clone();
        self.run_at_next_bytecode(Box::new(move |vm| control.raise_stop(job, vm)));
    }

    fn raise_stop(self: &Arc<Self>, job: JobId, vm: &VirtualMachine) -> PyResult<()> {
        let (stop, raise) = {
            let mut running = self.running.lock();
            if running.job != Some(job) {
                return Ok(());
            }
            let cpu = running.cpu_time();
            let Some(stop) = &mut running.stop else {
                return Ok(());
            };
            stop.arrived();
            let raise = stop.step(cpu);
            (*stop, raise)
        };
        if !raise {
            return Ok(());
        }
        if matches!(stop.stage, Stage::Insisting)
            && let Some(signals) = self.signals.get()
        {
            // Raising again at the very next bytecode gets past any `except BaseException`: a handler is not its own guard.
            let control = self.clone();
            let _ = alloc::quietly(|| signals.send(Box::new(move |vm| control.raise_stop(job, vm))));
        }
        Err((self.make_stop)(vm, stop.reason))
    }

    /// What the stop of the running job raises now, if it does; for native code in which no other may run.
    pub(crate) fn due_stop(&self, vm: &VirtualMachine) -> Option<PyBaseExceptionRef> {
        let reason = {
            let mut running = self.running.lock();
            let cpu = running.cpu_time();
            let stop = running.stop.as_mut()?;
            stop.step(cpu).then_some(stop.reason)
        };
        Some((self.make_stop)(vm, reason?))
    }

    /// Sends a closure from within an allocation of the interpreter's own thread, which is running.
    pub(super) fn send_from_allocator(&self, closure: UserSignal) {
        if let Some(signals) = self.signals.get() {
            let _ = signals.send(closure);
        }
    }
}
