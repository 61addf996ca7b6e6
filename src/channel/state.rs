//! When a channel is over: the agreement between its two sides.

use std::{
    convert::Infallible,
    sync::atomic::{AtomicUsize, Ordering},
};

use crossbeam_channel::{Receiver, Sender, bounded};
use parking_lot::Mutex;

use crate::control::Listeners;

/// The lowest bit of the word says closed; the rest counts the senders that are in the middle of a send.
const CLOSED: usize = 1;
const ONE_SENDER: usize = 2;

/// Ends a channel in two steps, so that an item for which a sender got `Ok` is never left behind.
///
/// *Closed*: no new send begins, and blocked senders give up. *Settled*: no send is under way any more, so a receiver
/// that finds the queue empty has seen everything. Both are announced by dropping the sending half of a channel that
/// never carries anything: whoever waits on the other half in a `Select` wakes up, and nobody polls.
pub(super) struct State {
    word: AtomicUsize,
    closing: Announcement,
    settling: Announcement,
    listeners: Listeners,
    room: Listeners,
}

/// Something that happens once, for everyone who waits for it.
pub(crate) struct Announcement {
    keeper: Mutex<Option<Sender<Infallible>>>,
    signal: Receiver<Infallible>,
}

impl Announcement {
    pub(crate) fn new() -> Self {
        let (keeper, signal) = bounded(0);
        Self {
            keeper: Mutex::new(Some(keeper)),
            signal,
        }
    }

    /// Disconnected once it was made.
    pub(crate) fn signal(&self) -> &Receiver<Infallible> {
        &self.signal
    }

    pub(crate) fn is_made(&self) -> bool {
        self.keeper.lock().is_none()
    }

    pub(crate) fn make(&self) {
        let keeper = self.keeper.lock().take();
        // Outside the lock: this wakes everyone who waits.
        drop(keeper);
    }
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            word: AtomicUsize::new(0),
            closing: Announcement::new(),
            settling: Announcement::new(),
            listeners: Listeners::default(),
            room: Listeners::default(),
        }
    }

    /// Disconnected once the channel is closed. For senders.
    pub(super) fn closing(&self) -> &Receiver<Infallible> {
        &self.closing.signal
    }

    /// Disconnected once nothing more can arrive. For receivers.
    pub(super) fn settling(&self) -> &Receiver<Infallible> {
        &self.settling.signal
    }

    pub(super) fn is_closed(&self) -> bool {
        self.word.load(Ordering::SeqCst) & CLOSED != 0
    }

    /// True if no send is under way and none will begin.
    pub(super) fn is_settled(&self) -> bool {
        self.word.load(Ordering::SeqCst) == CLOSED
    }

    /// Closes; returns false if it was closed already.
    pub(super) fn close(&self) -> bool {
        let before = self.word.fetch_or(CLOSED, Ordering::SeqCst);
        if before & CLOSED != 0 {
            return false;
        }
        self.closing.make();
        self.room.notify();
        if before == 0 {
            self.settle();
        }
        true
    }

    /// Who is told of each message, and when nothing more can arrive.
    pub(super) fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    /// Who is told when there may be room for a message, or the channel is closed.
    pub(super) fn room(&self) -> &Listeners {
        &self.room
    }

    fn settle(&self) {
        self.settling.make();
        self.listeners.notify();
    }

    /// Begins a send, unless the channel is closed.
    pub(super) fn begin_send(&self) -> Option<Sending<'_>> {
        let before = self.word.fetch_add(ONE_SENDER, Ordering::SeqCst);
        let sending = Sending(self);
        (before & CLOSED == 0).then_some(sending)
    }
}

/// A send under way; its end may be what receivers wait for.
pub(super) struct Sending<'a>(&'a State);

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        let before = self.0.word.fetch_sub(ONE_SENDER, Ordering::SeqCst);
        if before == ONE_SENDER + CLOSED {
            self.0.settle();
        } else {
            self.0.listeners.notify();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_over(signal: &Receiver<Infallible>) -> bool {
        signal.try_recv() == Err(crossbeam_channel::TryRecvError::Disconnected)
    }

    #[test]
    fn an_idle_channel_is_settled_as_soon_as_it_is_closed() {
        let state = State::new();
        assert!(!is_over(state.closing()) && !is_over(state.settling()));
        assert!(state.close());
        assert!(is_over(state.closing()) && is_over(state.settling()));
        assert!(!state.close());
    }

    #[test]
    fn a_send_under_way_is_waited_for() {
        let state = State::new();
        let first = state.begin_send().expect("open");
        let second = state.begin_send().expect("open");
        state.close();
        assert!(is_over(state.closing()) && !is_over(state.settling()));
        drop(first);
        assert!(!is_over(state.settling()));
        drop(second);
        assert!(is_over(state.settling()));
    }

    #[test]
    fn no_send_begins_after_the_close() {
        let state = State::new();
        state.close();
        assert!(state.begin_send().is_none());
        assert!(state.is_settled());
    }
}
