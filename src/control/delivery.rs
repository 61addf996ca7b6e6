//! Work that others leave for an interpreter's own thread, done when its script can bear it.
//!
//! A delivery is not an interrupt: a handler that runs between two bytecodes of a function that holds a lock would see,
//! and break, what the lock protects. So deliveries are made while the script waits in one of our waits, or at a
//! bytecode when it holds no lock.

use std::{
    cell::Cell,
    collections::VecDeque,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rustpython_vm::{PyResult, VirtualMachine, signal::UserSignal};

use super::{
    Control,
    watchdog::{self, Timer},
};

/// How often a script that is in a system call is woken for what waits for it: a wake-up just before the call is lost.
const FIRST_REPEAT: Duration = Duration::from_millis(1);
const LAST_REPEAT: Duration = Duration::from_millis(50);

thread_local! {
    /// Deliveries that are being made on this thread, one inside the other.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// What was left for one interpreter.
#[derive(Default)]
pub(super) struct Deliveries {
    // One entry for each inbox and each `when_ready` that has something, however much it has.
    due: Mutex<VecDeque<UserSignal>>,
    /// Set while the interpreter is in a wait of ours, which looks here by itself.
    waiting: AtomicBool,
    /// Set while a [`Repeat`] is scheduled.
    repeating: AtomicBool,
    /// Locks that its script holds.
    locks: AtomicUsize,
}

impl Control {
    /// Has `delivery` called on the interpreter's thread as soon as its script can bear it.
    pub(crate) fn deliver(self: &Arc<Self>, delivery: UserSignal) {
        self.deliveries.due.lock().push_back(delivery);
        self.announce_deliveries();
    }

    /// As [`Control::deliver`], after a delay: for what others of its kind may come with.
    pub(crate) fn deliver_after(self: &Arc<Self>, delay: Duration, delivery: UserSignal) {
        let late = Late {
            control: Arc::downgrade(self),
            delivery: Mutex::new(Some(delivery)),
        };
        watchdog::schedule(Instant::now() + delay, Arc::new(late));
    }

    /// True if something waits to be delivered.
    pub(crate) fn has_deliveries(&self) -> bool {
        !self.deliveries.due.lock().is_empty()
    }

    /// Makes every delivery that is due. Called on the interpreter's thread, from a wait: one that is made may wait and
    /// so have others made meanwhile.
    pub(crate) fn make_deliveries(self: &Arc<Self>, vm: &VirtualMachine) -> PyResult<()> {
        loop {
            // Not held while Python runs.
            let next = self.deliveries.due.lock().pop_front();
            let Some(delivery) = next else {
                return Ok(());
            };
            DEPTH.set(DEPTH.get() + 1);
            let made = delivery(vm);
            DEPTH.set(DEPTH.get() - 1);
            if made.is_err() && self.has_deliveries() {
                self.announce_deliveries();
            }
            made?;
        }
    }

    /// Has `closure` called on the interpreter's thread at its next bytecode, locks or not, also in a wait or a sleep: for
    /// what is to interrupt a job once. Before the first job it waits for that.
    pub(crate) fn run_soon(self: &Arc<Self>, closure: UserSignal) {
        let nudge = Nudge {
            control: Arc::downgrade(self),
            once: Arc::new(Mutex::new(Some(closure))),
            progress: Mutex::new((false, FIRST_REPEAT)),
        };
        if let Some(at) = nudge.fire() {
            watchdog::schedule(at, Arc::new(nudge));
        }
    }

    /// How many locks its script holds.
    pub(crate) fn locks_held(&self) -> usize {
        self.deliveries.locks.load(Ordering::SeqCst)
    }

    /// Its script has acquired that many locks.
    pub(crate) fn locks_acquired(&self, count: usize) {
        self.deliveries.locks.fetch_add(count, Ordering::SeqCst);
    }

    /// It holds that many locks less, whoever released them.
    pub(crate) fn locks_released(self: &Arc<Self>, count: usize) {
        let before = self.deliveries.locks.fetch_sub(count, Ordering::SeqCst);
        if before == count && self.has_deliveries() {
            self.announce_deliveries();
        }
    }

    fn announce_deliveries(self: &Arc<Self>) {
        if self.deliveries.waiting.load(Ordering::SeqCst) {
            self.wake_wait();
            return;
        }
        let control = self.clone();
        self.run_at_next_bytecode(Box::new(move |vm| control.make_deliveries_if_safe(vm)));
        if !self.deliveries.repeating.swap(true, Ordering::SeqCst) {
            let repeat = Repeat {
                control: Arc::downgrade(self),
                pause: Mutex::new(FIRST_REPEAT),
            };
            watchdog::schedule(Instant::now() + FIRST_REPEAT, Arc::new(repeat));
        }
    }

    fn make_deliveries_if_safe(self: &Arc<Self>, vm: &VirtualMachine) -> PyResult<()> {
        if self.locks_held() == 0 && DEPTH.get() == 0 {
            self.make_deliveries(vm)
        } else {
            // The release of the last lock, the end of the delivery that is being made, or the next wait sees to it.
            Ok(())
        }
    }

    /// Marks the calling interpreter as being in a wait of ours until the guard is dropped.
    pub(super) fn enter_wait(self: &Arc<Self>) -> Waiting<'_> {
        Waiting {
            control: self,
            nested: self.deliveries.waiting.swap(true, Ordering::SeqCst),
        }
    }
}

/// The interpreter is in a wait; see [`Control::enter_wait`].
pub(super) struct Waiting<'a> {
    control: &'a Arc<Control>,
    nested: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.control.deliveries.waiting.store(self.nested, Ordering::SeqCst);
        // Something may have come when the wait no longer looked, and whoever left it thought that it did.
        if !self.nested && self.control.has_deliveries() {
            self.control.announce_deliveries();
        }
    }
}

/// Wakes an interpreter that is in a system call until it has seen what is due.
struct Repeat {
    control: Weak<Control>,
    pause: Mutex<Duration>,
}

impl Timer for Repeat {
    fn fire(&self) -> Option<Instant> {
        let control = self.control.upgrade()?;
        if control.has_deliveries() && !control.is_gone() {
            control.kick();
            let mut pause = self.pause.lock();
            *pause = (*pause * 2).min(LAST_REPEAT);
            return Some(Instant::now() + *pause);
        }
        control.deliveries.repeating.store(false, Ordering::SeqCst);
        // Something may have come between the look and the mark.
        if control.has_deliveries() && !control.deliveries.repeating.swap(true, Ordering::SeqCst) {
            return Some(Instant::now() + FIRST_REPEAT);
        }
        None
    }
}

/// A delivery whose time has not come.
struct Late {
    control: Weak<Control>,
    delivery: Mutex<Option<UserSignal>>,
}

impl Timer for Late {
    fn fire(&self) -> Option<Instant> {
        let delivery = self.delivery.lock().take();
        if let Some(control) = self.control.upgrade()
            && let Some(delivery) = delivery
            && !control.is_gone()
        {
            control.deliver(delivery);
        }
        None
    }
}

/// Wakes an interpreter that is in a system call until it has run what [`Control::run_soon`] gave it.
struct Nudge {
    control: Weak<Control>,
    once: Arc<Mutex<Option<UserSignal>>>,
    /// Whether the interpreter has it, and how long to wait before it is woken again.
    progress: Mutex<(bool, Duration)>,
}

impl Timer for Nudge {
    fn fire(&self) -> Option<Instant> {
        let control = self.control.upgrade()?;
        if self.once.lock().is_none() || control.is_gone() {
            return None;
        }
        let (sent, pause) = &mut *self.progress.lock();
        if *sent {
            control.kick();
        } else if control.busy_for().is_some() {
            let once = self.once.clone();
            *sent = control.run_at_next_bytecode(Box::new(move |vm| {
                let closure = once.lock().take();
                closure.map_or(Ok(()), |closure| closure(vm))
            }));
        }
        *pause = (*pause * 2).min(LAST_REPEAT);
        Some(Instant::now() + *pause)
    }
}
