//! Putting a thread to sleep until another one wakes it.

use std::{cell::RefCell, sync::Arc};

use crossbeam_channel::{Receiver, Sender, bounded};

/// How a thread waits: until the channel has something (`true`), or the caller's time is over (`false`). An error is an
/// interrupt, and ends the wait.
pub(crate) type Park<'a, E> = &'a mut dyn FnMut(&Receiver<()>) -> Result<bool, E>;

/// What one waiting thread is woken through. A wake-up that nobody waits for yet is kept.
#[derive(Debug)]
pub(super) struct Signal {
    wake: Sender<()>,
    pub(super) woken: Receiver<()>,
}

impl Signal {
    pub(super) fn wake(&self) {
        // Full: it was woken already.
        let _ = self.wake.try_send(());
    }
}

thread_local! {
    /// Signals used before: making one costs more than a wait that ends at once.
    static SPARE: RefCell<Vec<Arc<Signal>>> = const { RefCell::new(Vec::new()) };
}

/// As many as waits are nested on one thread, which is a few.
const MOST_SPARE: usize = 8;

/// A signal for one wait of this thread.
pub(super) struct Waker(Arc<Signal>);

impl Waker {
    pub(super) fn take() -> Self {
        let spare = SPARE.with_borrow_mut(Vec::pop);
        Self(spare.unwrap_or_else(|| {
            let (wake, woken) = bounded(1);
            Arc::new(Signal { wake, woken })
        }))
    }

    pub(super) fn signal(&self) -> &Arc<Signal> {
        &self.0
    }
}

impl Drop for Waker {
    fn drop(&mut self) {
        // One that somebody may still wake would wake a later wait for nothing.
        if Arc::strong_count(&self.0) > 1 {
            return;
        }
        let _ = self.0.woken.try_recv();
        let signal = self.0.clone();
        // Not available while the thread ends.
        let _ = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.len() < MOST_SPARE {
                spare.push(signal);
            }
        });
    }
}

/// Signals to wake once the lock under which they were collected is released.
#[derive(Default)]
pub(super) struct Wakes(Vec<Arc<Signal>>);

impl Wakes {
    pub(super) fn add(&mut self, signal: &Arc<Signal>) {
        self.0.push(signal.clone());
    }

    pub(super) fn send(self) {
        for signal in self.0 {
            signal.wake();
        }
    }
}
