//! Telling code that is not Python that its job is to stop.

use std::{
    sync::Arc,
    task::Waker,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

/// Set once a job was told to stop. One for each job that asked for it.
#[derive(Default)]
pub(crate) struct StopSignal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    stopped: bool,
    // Bounded by the futures that wait: each leaves one waker, which it replaces when it is polled again.
    wakers: Vec<Waker>,
}

impl StopSignal {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(super) fn set(&self) {
        let wakers = {
            let mut state = self.state.lock();
            state.stopped = true;
            std::mem::take(&mut state.wakers)
        };
        self.changed.notify_all();
        for waker in wakers {
            waker.wake();
        }
    }

    pub(crate) fn is_set(&self) -> bool {
        self.state.lock().stopped
    }

    /// True if it is set within that time.
    pub(crate) fn wait(&self, timeout: Duration) -> bool {
        let mut state = self.state.lock();
        match Instant::now().checked_add(timeout) {
            Some(until) => {
                self.changed.wait_while_until(&mut state, |state| !state.stopped, until);
            }
            None => self.changed.wait_while(&mut state, |state| !state.stopped),
        }
        state.stopped
    }

    /// True if it is set; else `waker` is woken when it is.
    pub(crate) fn poll(&self, waker: &Waker) -> bool {
        let mut state = self.state.lock();
        if !state.stopped && !state.wakers.iter().any(|known| known.will_wake(waker)) {
            state.wakers.push(waker.clone());
        }
        state.stopped
    }
}
