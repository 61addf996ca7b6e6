//! A flag that threads wait for.

use std::{fmt, sync::Arc};

use crossbeam_channel::Receiver;
use parking_lot::Mutex;

use super::park::{Park, Signal, Waker, Wakes};
use crate::control::{Listeners, Waitable};

/// Set or not; those who wait go on when it is set.
#[derive(Default)]
pub(crate) struct Event {
    state: Mutex<State>,
    listeners: Listeners,
}

#[derive(Debug, Default)]
struct State {
    set: bool,
    waiting: Vec<Arc<Signal>>,
}

impl Event {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn is_set(&self) -> bool {
        self.state.lock().set
    }

    /// Sets it and wakes all who wait.
    pub(crate) fn set(&self) {
        let mut wakes = Wakes::default();
        {
            let mut state = self.state.lock();
            state.set = true;
            for signal in state.waiting.drain(..) {
                wakes.add(&signal);
            }
        }
        wakes.send();
        self.listeners.notify();
    }

    pub(crate) fn clear(&self) {
        self.state.lock().set = false;
    }

    /// Waits until it is set. False if the time for that was over. Who waits when it is set goes on, even if it is
    /// cleared at once.
    pub(crate) fn wait<E>(self: &Arc<Self>, park: Park<'_, E>) -> Result<bool, E> {
        let watch = self.watch();
        if watch.is_ready() {
            return Ok(true);
        }
        let woken = park(watch.receiver())?;
        Ok(woken || watch.is_ready())
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.state.lock().waiting.len()
    }

    /// For who waits for several things at once: the receiver is ready when the event was set since.
    pub(crate) fn watch(self: &Arc<Self>) -> Watch {
        let waker = Waker::take();
        let mut state = self.state.lock();
        if state.set {
            waker.signal().wake();
        } else {
            state.waiting.push(waker.signal().clone());
        }
        drop(state);
        Watch {
            event: self.clone(),
            waker,
        }
    }
}

impl Waitable for Event {
    fn is_ready(&self) -> bool {
        self.is_set()
    }

    fn listeners(&self) -> &Listeners {
        &self.listeners
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("set", &self.is_set()).finish()
    }
}

/// Watches an [`Event`] until it is dropped.
pub(crate) struct Watch {
    event: Arc<Event>,
    waker: Waker,
}

impl Watch {
    pub(crate) fn receiver(&self) -> &Receiver<()> {
        &self.waker.signal().woken
    }

    /// True if the event was set since the watch began.
    pub(crate) fn is_ready(&self) -> bool {
        !self.receiver().is_empty()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let signal = self.waker.signal();
        self.event
            .state
            .lock()
            .waiting
            .retain(|waiting| !Arc::ptr_eq(waiting, signal));
    }
}
