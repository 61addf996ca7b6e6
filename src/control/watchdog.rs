//! One thread for every timer of the crate. It sleeps until the next one is due.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering as AtomicOrdering},
    },
    thread::{self, Thread},
    time::Instant,
};

use parking_lot::Mutex;

use super::{memory, spawner};
use crate::alloc;

/// Something to do at a point in time. It must not block: every other timer waits behind it.
pub(super) trait Timer: Send + Sync {
    /// Called when due; returns when it wants to be called again.
    fn fire(&self) -> Option<Instant>;
}

struct Entry {
    at: Instant,
    timer: Arc<dyn Timer>,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at.cmp(&other.at)
    }
}

#[derive(Default)]
struct Watchdog {
    // Bounded by the number of interpreters: one for the deadline of the running job, one while it is being stopped.
    timers: Mutex<BinaryHeap<Reverse<Entry>>>,
    /// Set by the thread itself before it looks at the timers.
    thread: OnceLock<Thread>,
    /// A thread is over its limit of memory.
    alarmed: AtomicBool,
}

static WATCHDOG: OnceLock<Arc<Watchdog>> = OnceLock::new();

/// Starts the thread if that has not been done.
pub(super) fn start() {
    started();
}

fn started() -> &'static Watchdog {
    WATCHDOG.get_or_init(|| {
        let watchdog = Arc::new(Watchdog::default());
        let worker = watchdog.clone();
        if let Err(error) = spawner::spawn("ungil-watchdog", None, move || worker.run()) {
            tracing::error!(%error, "no watchdog: deadlines pass, and who ignores a cancel will not be asked again");
        }
        watchdog
    })
}

/// Calls `timer` at `at`, and then whenever it asked to be called again.
pub(super) fn schedule(at: Instant, timer: Arc<dyn Timer>) {
    let watchdog = started();
    // An interpreter's thread that is over its limit of memory must not be told, or held, while it has the lock.
    alloc::quietly(|| {
        let mut timers = watchdog.timers.lock();
        let is_first = timers.peek().is_none_or(|Reverse(first)| at < first.at);
        timers.push(Reverse(Entry { at, timer }));
        drop(timers);
        if is_first {
            watchdog.wake();
        }
    });
}

/// Has the watchdog look at who is over a limit of memory. Called in the middle of an allocation, so it takes no lock.
pub(super) fn answer_alarms() {
    if let Some(watchdog) = WATCHDOG.get() {
        watchdog.alarmed.store(true, AtomicOrdering::SeqCst);
        watchdog.wake();
    }
}

impl Watchdog {
    /// Before the thread has told who it is, it has not looked at anything either.
    fn wake(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    fn run(&self) {
        let _ = self.thread.set(thread::current());
        loop {
            if self.alarmed.swap(false, AtomicOrdering::SeqCst) {
                memory::answer_alarms();
            }
            let due = {
                let mut timers = self.timers.lock();
                match timers.peek().map(|Reverse(entry)| entry.at) {
                    Some(at) if at <= Instant::now() => timers.pop(),
                    next => {
                        drop(timers);
                        // Who wakes it between the look and this is remembered by the thread itself.
                        match next {
                            Some(at) => thread::park_timeout(at.saturating_duration_since(Instant::now())),
                            None => thread::park(),
                        }
                        None
                    }
                }
            };
            // Fired without the lock: a timer may schedule another.
            if let Some(Reverse(Entry { timer, .. })) = due
                && let Some(at) = fire(&*timer)
            {
                self.timers.lock().push(Reverse(Entry { at, timer }));
            }
        }
    }
}

/// A timer can wake code of the host's; the deadlines of all others do not end with what panics there.
fn fire(timer: &dyn Timer) -> Option<Instant> {
    catch_unwind(AssertUnwindSafe(|| timer.fire())).unwrap_or_else(|_| {
        tracing::error!("a timer of the watchdog panicked");
        None
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    struct Countdown {
        left: Mutex<u32>,
        done: crossbeam_channel::Sender<Instant>,
    }

    impl Timer for Countdown {
        fn fire(&self) -> Option<Instant> {
            let mut left = self.left.lock();
            *left -= 1;
            if *left == 0 {
                self.done.send(Instant::now()).unwrap();
                return None;
            }
            Some(Instant::now() + Duration::from_millis(1))
        }
    }

    #[test]
    fn a_timer_fires_not_before_its_time_and_again_as_it_asks() {
        let (done, finished) = crossbeam_channel::bounded(1);
        let at = Instant::now() + Duration::from_millis(20);
        let timer = Countdown {
            left: Mutex::new(3),
            done,
        };
        schedule(at, Arc::new(timer));
        assert!(finished.recv().unwrap() >= at + Duration::from_millis(2));
    }

    #[test]
    fn an_earlier_timer_added_later_is_not_held_up() {
        let (late, _keep) = crossbeam_channel::bounded(1);
        let (soon, fired) = crossbeam_channel::bounded(1);
        let timer = |done| {
            Arc::new(Countdown {
                left: Mutex::new(1),
                done,
            })
        };
        schedule(Instant::now() + Duration::from_secs(3600), timer(late));
        schedule(Instant::now() + Duration::from_millis(1), timer(soon));
        fired.recv_timeout(Duration::from_secs(60)).unwrap();
    }

    #[test]
    fn a_timer_that_panics_does_not_end_the_others() {
        struct Broken;
        impl Timer for Broken {
            fn fire(&self) -> Option<Instant> {
                panic!("a waker of the host's is broken");
            }
        }
        let (done, fired) = crossbeam_channel::bounded(1);
        let next = Countdown {
            left: Mutex::new(1),
            done,
        };
        let now = Instant::now();
        schedule(now, Arc::new(Broken));
        schedule(now + Duration::from_millis(1), Arc::new(next));
        fired.recv_timeout(Duration::from_secs(60)).unwrap();
    }
}
