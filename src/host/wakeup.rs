//! A pipe that wakes an event loop, and what it is woken for.

use std::{io, sync::Arc};

use parking_lot::Mutex;

use crate::fence::{Signal, Watched, wire};

/// Numbers that any thread may push, which makes a descriptor readable.
pub(super) struct Wakeup {
    queue: Mutex<Queue>,
    signal: Signal,
}

#[derive(Default)]
struct Queue {
    numbers: Vec<u64>,
    /// A byte is in the pipe, or on its way. There is never more than one, so neither end can block for long.
    signalled: bool,
}

impl Wakeup {
    /// With the descriptor, which stays on the calling thread.
    pub(super) fn new() -> io::Result<(Arc<Self>, Watched)> {
        let (watched, signal) = wire()?;
        let wakeup = Self {
            queue: Mutex::default(),
            signal,
        };
        Ok((Arc::new(wakeup), watched))
    }

    pub(super) fn push(&self, number: u64) {
        let mut queue = self.queue.lock();
        queue.numbers.push(number);
        if !queue.signalled {
            queue.signalled = self.signal.raise().is_ok();
        }
    }

    /// Everything that was pushed since the last time.
    pub(super) fn drain(&self, watched: &Watched) -> io::Result<Vec<u64>> {
        let mut queue = self.queue.lock();
        if queue.signalled {
            watched.take()?;
            queue.signalled = false;
        }
        Ok(std::mem::take(&mut queue.numbers))
    }
}
