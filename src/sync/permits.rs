//! Permits that threads take and give back: the heart of locks and semaphores.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::{
    holder::{Holder, Revocable},
    park::{Park, Signal, Waker, Wakes},
};
use crate::control::{Listeners, Waitable};

/// Who has waited for longer gets the next free permit handed over; others may be overtaken by a thread that is awake,
/// which spares a switch of threads for each release.
const FAIRNESS: Duration = Duration::from_millis(1);

/// A release that cannot be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misuse {
    /// There would be more permits than there can be.
    TooMany,
    /// The one who releases was given up for lost, and what it held was released then.
    Gone,
}

/// A number of permits, and the queue of those who wait for one.
pub(crate) struct Permits {
    state: Mutex<State>,
    /// With a maximum, who took permits is remembered; without one they are counted only, as what one interpreter takes
    /// another may be meant to give.
    maximum: Option<usize>,
    listeners: Listeners,
    this: Weak<Self>,
}

#[derive(Debug)]
struct State {
    free: usize,
    holders: Vec<(Arc<Holder>, usize)>,
    queue: VecDeque<Queued>,
    next_ticket: u64,
}

#[derive(Debug)]
struct Queued {
    ticket: u64,
    holder: Arc<Holder>,
    signal: Arc<Signal>,
    since: Instant,
    /// It was told that a permit is free and has not looked yet.
    told: bool,
}

impl Permits {
    pub(crate) fn new(free: usize, maximum: Option<usize>) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            state: Mutex::new(State {
                free,
                holders: Vec::new(),
                queue: VecDeque::new(),
                next_ticket: 0,
            }),
            maximum,
            listeners: Listeners::default(),
            this: this.clone(),
        })
    }

    pub(crate) fn maximum(&self) -> Option<usize> {
        self.maximum
    }

    /// How many can be taken now.
    pub(crate) fn free(&self) -> usize {
        self.state.lock().free
    }

    /// How many `holder` has.
    pub(crate) fn held_by(&self, holder: &Arc<Holder>) -> usize {
        let state = self.state.lock();
        state.position_of(holder).map_or(0, |index| state.holders[index].1)
    }

    /// The number of an interpreter that has one.
    pub(crate) fn owner(&self) -> Option<u64> {
        self.state.lock().holders.first().map(|(holder, _)| holder.id())
    }

    /// To be called by each object that stands for it, before its interpreter first takes or waits.
    pub(crate) fn touched_by(&self, holder: &Holder) {
        if self.maximum.is_some() {
            holder.touch(self.this.clone());
        }
    }

    pub(crate) fn try_acquire(&self, holder: &Arc<Holder>) -> bool {
        self.state.lock().take(self.maximum, holder)
    }

    /// Takes a permit, waiting for one by `park`. False if the time for that was over.
    pub(crate) fn acquire<E>(&self, holder: &Arc<Holder>, park: Park<'_, E>) -> Result<bool, E> {
        let waker = Waker::take();
        let ticket = {
            let mut state = self.state.lock();
            if state.take(self.maximum, holder) {
                return Ok(true);
            }
            state.enqueue(holder, waker.signal())
        };
        let mut place = Place {
            permits: self,
            holder,
            ticket: Some(ticket),
        };
        loop {
            let parked = park(&waker.signal().woken);
            let mut state = self.state.lock();
            let Some(index) = state.queue.iter().position(|queued| queued.ticket == ticket) else {
                // Handed over; if the wait was interrupted, leaving the place gives it back.
                drop(state);
                parked?;
                place.ticket = None;
                return Ok(true);
            };
            state.queue[index].told = false;
            if parked.is_ok() && state.take(self.maximum, holder) {
                state.queue.remove(index);
                place.ticket = None;
                return Ok(true);
            }
            drop(state);
            if !parked? {
                return Ok(false);
            }
        }
    }

    /// Sends what was collected under the lock, and tells those who listen that there may be a permit.
    fn announce(&self, wakes: Wakes) {
        wakes.send();
        self.listeners.notify();
    }

    /// Gives back `count` permits.
    pub(crate) fn release(&self, holder: &Arc<Holder>, count: usize) -> Result<(), Misuse> {
        let mut wakes = Wakes::default();
        {
            let mut state = self.state.lock();
            if holder.is_gone() {
                return Err(Misuse::Gone);
            }
            let free = state.free.checked_add(count).ok_or(Misuse::TooMany)?;
            if self.maximum.is_some_and(|maximum| free > maximum) {
                return Err(Misuse::TooMany);
            }
            state.put_down(holder, count);
            state.free = free;
            state.offer(self.maximum, &mut wakes);
        }
        self.announce(wakes);
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn queue_len(&self) -> usize {
        self.state.lock().queue.len()
    }

    /// Gives back all permits whoever holds them, as after a fork.
    pub(crate) fn reset(&self) {
        let mut wakes = Wakes::default();
        {
            let mut state = self.state.lock();
            let held: usize = state
                .holders
                .drain(..)
                .map(|(holder, count)| {
                    holder.subtract(count);
                    count
                })
                .sum();
            state.free = self
                .maximum
                .map_or(state.free + held, |maximum| (state.free + held).min(maximum));
            state.offer(self.maximum, &mut wakes);
        }
        self.announce(wakes);
    }
}

impl State {
    fn take(&mut self, maximum: Option<usize>, holder: &Arc<Holder>) -> bool {
        if self.free == 0 || holder.is_gone() {
            return false;
        }
        self.free -= 1;
        if maximum.is_some() {
            self.pick_up(holder);
        }
        true
    }

    fn position_of(&self, holder: &Arc<Holder>) -> Option<usize> {
        self.holders.iter().position(|(known, _)| Arc::ptr_eq(known, holder))
    }

    fn pick_up(&mut self, holder: &Arc<Holder>) {
        holder.add(1);
        match self.position_of(holder) {
            Some(index) => self.holders[index].1 += 1,
            None => self.holders.push((holder.clone(), 1)),
        }
    }

    /// What is given back counts as the giver's own if it has any, else as somebody's: one may release for another.
    fn put_down(&mut self, holder: &Arc<Holder>, mut count: usize) {
        while count > 0 {
            let own = self.position_of(holder);
            let Some(index) = own.or_else(|| (!self.holders.is_empty()).then_some(0)) else {
                return;
            };
            let taken = self.holders[index].1.min(count);
            self.holders[index].0.subtract(taken);
            self.holders[index].1 -= taken;
            count -= taken;
            if self.holders[index].1 == 0 {
                self.holders.swap_remove(index);
            }
        }
    }

    fn enqueue(&mut self, holder: &Arc<Holder>, signal: &Arc<Signal>) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.queue.push_back(Queued {
            ticket,
            holder: holder.clone(),
            signal: signal.clone(),
            since: Instant::now(),
            told: false,
        });
        ticket
    }

    /// Hands free permits to those who have waited long, and tells others that there are some.
    fn offer(&mut self, maximum: Option<usize>, wakes: &mut Wakes) {
        if self.free == 0 || self.queue.is_empty() {
            return;
        }
        let now = Instant::now();
        while self.free > 0 {
            match self.queue.front() {
                Some(first) if first.holder.is_gone() => {
                    self.queue.pop_front();
                }
                Some(first) if now.duration_since(first.since) >= FAIRNESS => {
                    let Some(first) = self.queue.pop_front() else { break };
                    self.take(maximum, &first.holder);
                    wakes.add(&first.signal);
                }
                _ => break,
            }
        }
        let mut free = self.free;
        for queued in self.queue.iter_mut().filter(|queued| !queued.holder.is_gone()) {
            if free == 0 {
                break;
            }
            free -= 1;
            if !std::mem::replace(&mut queued.told, true) {
                wakes.add(&queued.signal);
            }
        }
    }
}

/// A place in the queue, which is left in an orderly way however the wait ends.
struct Place<'a> {
    permits: &'a Permits,
    holder: &'a Arc<Holder>,
    ticket: Option<u64>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut wakes = Wakes::default();
        {
            let mut state = self.permits.state.lock();
            match state.queue.iter().position(|queued| queued.ticket == ticket) {
                Some(index) => {
                    state.queue.remove(index);
                }
                // It was handed over to a wait that ended otherwise. Of one that is gone it was taken back already.
                None if self.holder.is_gone() => {}
                None => {
                    if self.permits.maximum.is_some() {
                        state.put_down(self.holder, 1);
                    }
                    state.free += 1;
                }
            }
            // Whoever leaves may be the one who was told of a free permit.
            state.offer(self.permits.maximum, &mut wakes);
        }
        self.permits.announce(wakes);
    }
}

impl Revocable for Permits {
    fn revoke(&self, holder: &Holder) {
        let mut wakes = Wakes::default();
        {
            let mut state = self.state.lock();
            let is_it = |other: &Arc<Holder>| std::ptr::eq(Arc::as_ptr(other), holder);
            state.queue.retain(|queued| !is_it(&queued.holder));
            if let Some(index) = state.holders.iter().position(|(other, _)| is_it(other)) {
                let (_, count) = state.holders.swap_remove(index);
                holder.subtract(count);
                state.free += count;
            }
            state.offer(self.maximum, &mut wakes);
        }
        self.announce(wakes);
    }
}

impl Waitable for Permits {
    fn is_ready(&self) -> bool {
        self.free() > 0
    }

    fn listeners(&self) -> &Listeners {
        &self.listeners
    }
}

impl fmt::Debug for Permits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock();
        f.debug_struct("Permits")
            .field("free", &state.free)
            .field("holders", &state.holders)
            .finish()
    }
}

impl Drop for Permits {
    fn drop(&mut self) {
        // A lock may be thrown away while it is locked.
        for (holder, count) in self.state.get_mut().holders.drain(..) {
            holder.subtract(count);
        }
    }
}
