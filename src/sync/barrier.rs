//! A point that a number of threads reach together.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;

use super::park::{Park, Signal, Waker, Wakes};

/// Those who arrive wait until all parties have. Then it can be used again.
#[derive(Debug)]
pub(crate) struct Barrier {
    parties: usize,
    /// How long one waits that does not say.
    timeout: Option<Duration>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    /// How many have arrived and not gone on.
    count: usize,
    /// Counts the times that all went on, so that nobody takes a later time for its own.
    round: u64,
    waiting: Vec<Arc<Signal>>,
    /// Of those, who wait for the ones before them to go on.
    entering: Vec<Arc<Signal>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// Parties arrive.
    #[default]
    Filling,
    /// All are there; the last one does what is to be done before they go on.
    Acting,
    /// Parties go on.
    Draining,
    /// Aborted, until it is reset.
    Broken,
    /// Being reset: those who waited leave with an error.
    Resetting,
}

/// How an arrival at a [`Barrier`] went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// All parties arrived; this one was the `n`th.
    Passed(usize),
    /// It is broken, was aborted or reset meanwhile, or the time was over.
    Broken,
}

impl Barrier {
    pub(crate) fn new(parties: usize, timeout: Option<Duration>) -> Arc<Self> {
        Arc::new(Self {
            parties,
            timeout,
            state: Mutex::default(),
        })
    }

    pub(crate) fn parties(&self) -> usize {
        self.parties
    }

    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// How many wait for the others.
    pub(crate) fn waiting(&self) -> usize {
        let state = self.state.lock();
        if state.phase == Phase::Filling { state.count } else { 0 }
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.state.lock().phase == Phase::Broken
    }

    /// Arrives and waits for the others. The last to arrive runs `action` before all go on; if that fails, the barrier
    /// is broken.
    pub(crate) fn wait<E>(&self, park: Park<'_, E>, action: impl FnOnce() -> Result<(), E>) -> Result<Arrival, E> {
        let waker = Waker::take();
        let mut state = self.state.lock();
        // Those of the last time have to go on first.
        while matches!(state.phase, Phase::Acting | Phase::Draining | Phase::Resetting) {
            state.entering.push(waker.signal().clone());
            drop(state);
            let parked = park(&waker.signal().woken);
            state = self.state.lock();
            state.entering.retain(|waiting| !Arc::ptr_eq(waiting, waker.signal()));
            if !parked? {
                return Ok(Arrival::Broken);
            }
        }
        if state.phase != Phase::Filling {
            return Ok(Arrival::Broken);
        }
        let index = state.count;
        state.count += 1;
        let guest = Guest { barrier: self };
        if state.count == self.parties {
            state.phase = Phase::Acting;
            drop(state);
            let acted = action();
            let mut state = self.state.lock();
            let passed = state.phase == Phase::Acting && acted.is_ok();
            if passed {
                state.phase = Phase::Draining;
                state.round += 1;
                self.wake_waiting(state);
            } else if acted.is_err() {
                self.break_now(state);
            } else {
                drop(state);
            }
            drop(guest);
            return acted.map(|()| {
                if passed {
                    Arrival::Passed(index)
                } else {
                    Arrival::Broken
                }
            });
        }
        let round = state.round;
        state.waiting.push(waker.signal().clone());
        drop(state);
        let mut outcome = Ok(true);
        loop {
            let mut state = self.state.lock();
            if state.round != round {
                drop(state);
                drop(guest);
                return outcome.map(|_| Arrival::Passed(index));
            }
            let in_time = matches!(outcome, Ok(true));
            let open = matches!(state.phase, Phase::Filling | Phase::Acting);
            if !in_time || !open {
                state.waiting.retain(|waiting| !Arc::ptr_eq(waiting, waker.signal()));
                if open {
                    self.break_now(state);
                } else {
                    drop(state);
                }
                drop(guest);
                return outcome.map(|_| Arrival::Broken);
            }
            drop(state);
            outcome = park(&waker.signal().woken);
        }
    }

    /// Breaks it: those who wait and those who come get an error.
    pub(crate) fn abort(&self) {
        let state = self.state.lock();
        self.break_now(state);
    }

    /// Makes it as new. Those who wait get an error.
    pub(crate) fn reset(&self) {
        let mut state = self.state.lock();
        state.phase = match (state.count, state.phase) {
            (0, _) => Phase::Filling,
            // They are about to go on; the barrier is as new after that.
            (_, Phase::Draining) => Phase::Draining,
            _ => Phase::Resetting,
        };
        self.wake_waiting(state);
    }

    fn break_now(&self, mut state: parking_lot::MutexGuard<'_, State>) {
        state.phase = Phase::Broken;
        self.wake_waiting(state);
    }

    fn wake_waiting(&self, mut state: parking_lot::MutexGuard<'_, State>) {
        let mut wakes = Wakes::default();
        let phase = state.phase;
        for signal in state.waiting.drain(..) {
            wakes.add(&signal);
        }
        if !matches!(phase, Phase::Acting | Phase::Draining | Phase::Resetting) {
            for signal in state.entering.drain(..) {
                wakes.add(&signal);
            }
        }
        drop(state);
        wakes.send();
    }
}

/// One who has arrived, until it goes on.
struct Guest<'a> {
    barrier: &'a Barrier,
}

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        let mut state = self.barrier.state.lock();
        state.count -= 1;
        if state.count == 0 && matches!(state.phase, Phase::Draining | Phase::Resetting) {
            state.phase = Phase::Filling;
            self.barrier.wake_waiting(state);
        }
    }
}
