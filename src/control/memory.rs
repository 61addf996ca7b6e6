//! What a script is told when it takes too much memory, and what becomes of one whose thread is held for it.

use std::{
    cell::Cell,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rustpython_vm::{PyResult, VirtualMachine, allocation::Request, vm::thread::with_current_vm};

use super::{
    deadline,
    interrupt::{Control, JobId},
    limits::{Hit, Limits},
    stop::StopReason,
    watchdog::{self, Timer},
};
use crate::{
    alloc::{self, Alarm},
    error::{Allowance, Error, LimitKind, Result},
};

/// The hard limit is above the soft one by this part of it, and this much, unless the host says otherwise.
const HEADROOM_PART: u64 = 4;
const HEADROOM: u64 = 16 << 20;

/// How long a script that is to end for its memory may go without a bytecode, such as in a collection.
const TIME_TO_HEAR: Duration = Duration::from_millis(100);
/// And how many bytes of what it asked for last it may fill in a microsecond at least: a busy machine has few fresh pages.
const SLOWEST_FILL: u64 = 128;

/// The soft and the hard limit of an account.
pub(super) fn limits(limits: &Limits) -> Option<(u64, u64)> {
    let soft = limits.memory?;
    let hard = limits
        .hard_memory
        .unwrap_or_else(|| soft.saturating_add(soft / HEADROOM_PART).saturating_add(HEADROOM));
    Some((soft, hard.max(soft)))
}

/// An error where memory is limited and nobody counts it.
pub(crate) fn check_counted(limits: &Limits) -> Result<()> {
    if limits.memory.is_some() && !alloc::is_installed() {
        return Err(Error::config(
            "memory can only be limited where it is counted: install ungil::alloc::Accounting as the global allocator",
        ));
    }
    Ok(())
}

/// Those whose memory is limited. As many entries as there are, or twice that.
static LIMITED: Mutex<Vec<Weak<Control>>> = Mutex::new(Vec::new());

/// Makes ready for alarms of an interpreter whose memory may be limited.
pub(super) fn watch(control: &Arc<Control>) {
    prepare();
    watchdog::start();
    // Found out here, because a fenced thread may not be able to.
    alloc::is_installed();
    alloc::quietly(|| {
        let mut limited = LIMITED.lock();
        if limited.len() == limited.capacity() {
            limited.retain(|control| control.strong_count() > 0);
        }
        limited.push(Arc::downgrade(control));
    });
}

/// Gives up the interpreters whose threads the allocator holds, and sees to it that those are stopped that were told to end
/// and do not hear it. Called by the watchdog.
pub(super) fn answer_alarms() {
    let limited: Vec<_> = LIMITED.lock().iter().filter_map(Weak::upgrade).collect();
    for control in &limited {
        if control.is_parked() {
            deadline::give_up_parked(control);
        } else if let Some(request) = control.unheard()
            && let Some(job) = control.job()
        {
            let control = Arc::downgrade(control);
            let at = Instant::now() + time_to_hear(request);
            watchdog::schedule(at, Arc::new(Unheard { control, job }));
        }
    }
}

/// For one that asked for so many bytes when it was told.
fn time_to_hear(request: usize) -> Duration {
    TIME_TO_HEAR + Duration::from_micros(request as u64 / SLOWEST_FILL)
}

/// Whether the interpreter of the calling thread may make a request: one that would end its job is refused before it is made,
/// if garbage in cycles is not what is too much.
pub(crate) fn grants_memory(request: Request) -> bool {
    Control::current().is_none_or(|control| control.grants(request))
}

/// Stops a job that was told to end for its memory and has come to no bytecode since.
struct Unheard {
    control: Weak<Control>,
    job: JobId,
}

impl Timer for Unheard {
    fn fire(&self) -> Option<Instant> {
        let control = self.control.upgrade()?;
        let account = control.account();
        if control.unheard().is_some() && account.is_over() {
            let reason = reason(account.soft_limit()?);
            control.stop_because(self.job, reason);
        }
        None
    }
}

/// Sets up what the allocator calls.
fn prepare() {
    alloc::set_alarm(|alarm, request| {
        // In the middle of an allocation: nothing here may wait for a lock.
        Control::with_current(|control| match alarm {
            Alarm::Soft | Alarm::End => {
                let told = control.clone();
                let epoch = control.epoch();
                control.send_from_allocator(Box::new(move |vm| match told.epoch() == epoch {
                    true => told.hear(alarm, vm),
                    // It was for a job that has ended.
                    false => Ok(()),
                }));
                if alarm == Alarm::End {
                    control.note_unheard(request);
                    watchdog::answer_alarms();
                }
            }
            Alarm::Parked => {
                control.note_parked();
                watchdog::answer_alarms();
            }
        });
    });
}

/// Why a job is stopped that takes more than `soft` bytes.
pub(super) fn reason(soft: u64) -> StopReason {
    StopReason::Limit(Hit {
        kind: LimitKind::Memory,
        allowed: Allowance::Bytes(soft),
    })
}

thread_local! {
    /// Whether the collector of this thread's interpreter was switched off here.
    static PAUSED: Cell<bool> = const { Cell::new(false) };
}

fn pause_collector(vm: &VirtualMachine) {
    if vm.state.gc.is_enabled() {
        vm.state.gc.disable();
        PAUSED.set(true);
    }
}

/// When a job has ended: lets the collector work again if a limit had it paused, and what was too much is gone.
pub(crate) fn resume_collector(control: &Control, vm: &VirtualMachine) {
    if PAUSED.get() && !control.account().is_over() {
        PAUSED.set(false);
        vm.state.gc.enable();
    }
}

/// Forgets that of an interpreter that has ended on this thread.
pub(crate) fn forget_collector() {
    PAUSED.set(false);
}

fn collect(vm: &VirtualMachine) {
    // What the collector needs is no reason to be held.
    let _collecting = alloc::in_python(false);
    alloc::collecting(|| vm.state.gc.collect_force(2));
}

impl Control {
    /// See [`grants_memory`].
    fn grants(&self, request: Request) -> bool {
        let account = self.account();
        let Some(soft) = account.soft_limit().filter(|_| account.would_end(request.bytes)) else {
            return true;
        };
        if request.unlocked && request.bytes as u64 <= soft && !PAUSED.get() {
            with_current_vm(collect);
            if !account.would_end(request.bytes) {
                return true;
            }
        }
        // A MemoryError that ends the job is known to be the limit's.
        self.note_hit(reason(soft));
        false
    }

    /// At the first bytecode after an alarm.
    fn hear(self: &Arc<Self>, alarm: Alarm, vm: &VirtualMachine) -> PyResult<()> {
        if alarm == Alarm::End {
            self.note_heard();
        }
        let account = self.account();
        let Some(soft) = account.soft_limit() else {
            return Ok(());
        };
        if alarm == Alarm::Soft {
            // Cycles that nobody holds may be all that is too much.
            collect(vm);
        }
        if !account.is_over() {
            account.rearm();
            return Ok(());
        }
        let reason = reason(soft);
        self.note_hit(reason);
        if alarm == Alarm::End {
            // While the job ends, a collection would ask for as much as its largest container has elements.
            pause_collector(vm);
            self.stop_current(reason);
            return Ok(());
        }
        let text = format!("the interpreter's {soft} bytes of memory are used up");
        Err(vm.new_memory_error(text))
    }
}
