//! Waiting for a notification, while a lock is let go.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;

use super::{
    holder::Holder,
    park::{Park, Signal, Waker, Wakes},
};

/// The queue of those who wait to be notified. The lock that belongs to it is the caller's to release and take again.
#[derive(Debug, Default)]
pub(crate) struct Condition(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Queued>,
    next_ticket: u64,
}

#[derive(Debug)]
struct Queued {
    ticket: u64,
    holder: Arc<Holder>,
    signal: Arc<Signal>,
}

impl Condition {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// How many wait now.
    pub(crate) fn waiting(&self) -> usize {
        self.0.lock().queue.len()
    }

    /// Joins the queue. To be called before the lock is released, so that no notification is missed.
    pub(crate) fn enqueue(&self) -> Waiting<'_> {
        let waker = Waker::take();
        let mut state = self.0.lock();
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.queue.push_back(Queued {
            ticket,
            holder: Holder::current(),
            signal: waker.signal().clone(),
        });
        drop(state);
        Waiting {
            condition: self,
            waker,
            ticket,
            done: false,
        }
    }

    /// Wakes as many as `count` of those who wait, the first ones first.
    pub(crate) fn notify(&self, count: usize) {
        let mut wakes = Wakes::default();
        {
            let mut state = self.0.lock();
            let mut left = count;
            while left > 0
                && let Some(queued) = state.queue.pop_front()
            {
                if !queued.holder.is_gone() {
                    wakes.add(&queued.signal);
                    left -= 1;
                }
            }
        }
        wakes.send();
    }
}

/// A place in the queue of a [`Condition`].
pub(crate) struct Waiting<'a> {
    condition: &'a Condition,
    waker: Waker,
    ticket: u64,
    /// Nothing is left to give up or to pass on.
    done: bool,
}

impl Waiting<'_> {
    /// Waits for the notification. False if the time for that was over.
    pub(crate) fn wait<E>(mut self, park: Park<'_, E>) -> Result<bool, E> {
        // An interrupt that comes together with the notification passes it on, by the drop of this.
        park(&self.waker.signal().woken)?;
        self.done = true;
        Ok(!self.leave())
    }

    /// True if it was in the queue still.
    fn leave(&self) -> bool {
        let mut state = self.condition.0.lock();
        let index = state.queue.iter().position(|queued| queued.ticket == self.ticket);
        index.is_some_and(|index| state.queue.remove(index).is_some())
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.done && !self.leave() {
            self.condition.notify(1);
        }
    }
}
