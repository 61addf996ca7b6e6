//! Waking a future at a point in time, whatever runtime it is polled on.

use std::{sync::Arc, task::Waker, time::Instant};

use parking_lot::Mutex;

use super::watchdog::{self, Timer};

/// Wakes who waits when its time has come. Dropped earlier, it wakes nobody.
pub(crate) struct Alarm(Arc<Bell>);

struct Bell(Mutex<Option<Waker>>);

impl Alarm {
    pub(crate) fn set(at: Instant, waker: Waker) -> Self {
        let bell = Arc::new(Bell(Mutex::new(Some(waker))));
        watchdog::schedule(at, bell.clone());
        Self(bell)
    }

    /// Another one is to be woken instead.
    pub(crate) fn wake_instead(&self, waker: &Waker) {
        let mut known = self.0.0.lock();
        match &mut *known {
            Some(known) => known.clone_from(waker),
            None => *known = Some(waker.clone()),
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        // The watchdog keeps the bell until its time, but not what it would wake.
        let waker = self.0.0.lock().take();
        drop(waker);
    }
}

impl Timer for Bell {
    fn fire(&self) -> Option<Instant> {
        let waker = self.0.lock().take();
        if let Some(waker) = waker {
            waker.wake();
        }
        None
    }
}
