//! The two ends of a channel, for messages of any type.

use std::{fmt, sync::Arc};

use crossbeam_channel::{Receiver, Select, SelectedOperation, Sender, TryRecvError, TrySendError};

use super::state::State;
use crate::control::{Listeners, Waitable, wait::look};

/// The sending side: alive as long as anyone holds it, whatever the number of handles.
pub(crate) struct SendEnd<M> {
    queue: Sender<M>,
    state: Arc<State>,
}

/// The receiving side.
pub(crate) struct RecvEnd<M> {
    queue: Receiver<M>,
    state: Arc<State>,
}

/// Why a message was not sent or received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Obstacle<E> {
    /// No room, or nothing there, and nobody was to wait.
    NotNow,
    Timeout,
    Closed,
    /// The wait failed.
    Interrupted(E),
}

/// A message that was not sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unsent<M, E> {
    pub(crate) message: M,
    pub(crate) obstacle: Obstacle<E>,
}

impl<M, E> Unsent<M, E> {
    fn because(obstacle: Obstacle<E>) -> impl FnOnce(M) -> Self {
        |message| Self { message, obstacle }
    }
}

/// Adds what an end waits for.
pub(crate) type Register<'r, 'a> = &'r dyn Fn(&mut Select<'a>);
/// Completes the operation that was selected, given its index among those added.
pub(crate) type Take<'r, 'a> = &'r mut dyn FnMut(SelectedOperation<'a>, usize);

/// Makes a channel that holds at most `capacity` messages; with 0 each send meets a receive.
pub(crate) fn ends<M>(capacity: usize) -> (SendEnd<M>, RecvEnd<M>) {
    pair(crossbeam_channel::bounded(capacity))
}

/// Makes a channel that never makes a sender wait: for what is bounded elsewhere, such as results of bounded work.
pub(crate) fn unbounded_ends<M>() -> (SendEnd<M>, RecvEnd<M>) {
    pair(crossbeam_channel::unbounded())
}

fn pair<M>((sender, receiver): (Sender<M>, Receiver<M>)) -> (SendEnd<M>, RecvEnd<M>) {
    let state = Arc::new(State::new());
    let sending = SendEnd {
        queue: sender,
        state: state.clone(),
    };
    let receiving = RecvEnd { queue: receiver, state };
    (sending, receiving)
}

impl<M> SendEnd<M> {
    pub(crate) fn try_send<E>(&self, message: M) -> Result<(), Unsent<M, E>> {
        let Some(_sending) = self.state.begin_send() else {
            return Err(Unsent::because(Obstacle::Closed)(message));
        };
        self.queue.try_send(message).map_err(|error| match error {
            TrySendError::Full(message) => Unsent::because(Obstacle::NotNow)(message),
            TrySendError::Disconnected(message) => Unsent::because(Obstacle::Closed)(message),
        })
    }

    /// Sends, and if there is no room uses `wait` to wait for it: `wait` selects among what it is given, passes the
    /// selected operation on and returns true, or returns false when its time is over.
    pub(crate) fn send<'a, E>(
        &'a self,
        message: M,
        wait: impl FnOnce(Register<'_, 'a>, Take<'_, 'a>) -> Result<bool, E>,
    ) -> Result<(), Unsent<M, E>> {
        // Counts as being sent for as long as it waits: the channel does not settle before it is in or has given up.
        let Some(_sending) = self.state.begin_send() else {
            return Err(Unsent::because(Obstacle::Closed)(message));
        };
        let message = match self.queue.try_send(message) {
            Ok(()) => return Ok(()),
            Err(TrySendError::Disconnected(message)) => return Err(Unsent::because(Obstacle::Closed)(message)),
            Err(TrySendError::Full(message)) => message,
        };
        let mut unsent = Some(message);
        let register = |select: &mut Select<'a>| {
            select.recv(self.state.closing());
            select.send(&self.queue);
        };
        let mut take = |operation: SelectedOperation<'a>, index| {
            if index == 0 {
                let _ = operation.recv(self.state.closing());
            } else if let Some(message) = unsent.take() {
                unsent = operation.send(&self.queue, message).err().map(|error| error.0);
            }
        };
        let obstacle = match wait(&register, &mut take) {
            Ok(true) => Obstacle::Closed,
            Ok(false) => Obstacle::Timeout,
            Err(error) => Obstacle::Interrupted(error),
        };
        unsent.map(Unsent::because(obstacle)).map_or(Ok(()), Err)
    }

    pub(crate) fn close(&self) -> bool {
        self.state.close()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state.is_closed()
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn capacity(&self) -> usize {
        self.queue.capacity().unwrap_or(usize::MAX)
    }
}

impl<M> Drop for SendEnd<M> {
    fn drop(&mut self) {
        self.state.close();
    }
}

impl<M> RecvEnd<M> {
    pub(crate) fn try_recv<E>(&self) -> Result<M, Obstacle<E>> {
        // Asked before the queue: what is sent before the channel settles is in the queue by then.
        let settled = self.state.is_settled();
        let message = self.queue.try_recv().map_err(|error| match error {
            TryRecvError::Disconnected => Obstacle::Closed,
            TryRecvError::Empty if settled => Obstacle::Closed,
            TryRecvError::Empty => Obstacle::NotNow,
        })?;
        self.state.room().notify();
        Ok(message)
    }

    /// Receives; if there is nothing it looks a few times more, and then uses `wait` to sleep: see [`SendEnd::send`].
    pub(crate) fn recv<'a, E>(
        &'a self,
        wait: impl FnOnce(Register<'_, 'a>, Take<'_, 'a>) -> Result<bool, E>,
    ) -> Result<M, Obstacle<E>> {
        // Not by way of the wait, which has more to look at.
        let seen = look(|| match self.try_recv() {
            Err(Obstacle::NotNow) => None,
            received => Some(received),
        });
        if let Some(received) = seen {
            return received;
        }
        let mut received = None;
        let register = |select: &mut Select<'a>| {
            select.recv(&self.queue);
            select.recv(self.state.settling());
        };
        let mut take = |operation: SelectedOperation<'a>, index| {
            if index == 0 {
                received = operation.recv(&self.queue).ok();
            } else {
                let _ = operation.recv(self.state.settling());
                // Another receiver may have been faster, but nothing can come after this.
                received = self.queue.try_recv().ok();
            }
        };
        let obstacle = match wait(&register, &mut take) {
            Ok(true) => Obstacle::Closed,
            Ok(false) => Obstacle::Timeout,
            Err(error) => Obstacle::Interrupted(error),
        };
        let message = received.ok_or(obstacle)?;
        self.state.room().notify();
        Ok(message)
    }

    pub(crate) fn close(&self) -> bool {
        self.state.close()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state.is_closed()
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn capacity(&self) -> usize {
        self.queue.capacity().unwrap_or(usize::MAX)
    }
}

impl<M> Waitable for RecvEnd<M> {
    fn is_ready(&self) -> bool {
        !self.queue.is_empty() || self.state.is_settled()
    }

    fn listeners(&self) -> &Listeners {
        self.state.listeners()
    }
}

impl<M> Waitable for SendEnd<M> {
    fn is_ready(&self) -> bool {
        !self.queue.is_full() || self.state.is_closed()
    }

    fn listeners(&self) -> &Listeners {
        self.state.room()
    }
}

impl<M> Drop for RecvEnd<M> {
    fn drop(&mut self) {
        self.state.close();
        // Nobody will take these, and the queue lives as long as a sender does.
        while self.queue.try_recv().is_ok() {}
    }
}

impl<M> fmt::Debug for SendEnd<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "SendEnd", self.len(), self.is_closed())
    }
}

impl<M> fmt::Debug for RecvEnd<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "RecvEnd", self.len(), self.is_closed())
    }
}

fn debug(f: &mut fmt::Formatter<'_>, name: &str, len: usize, closed: bool) -> fmt::Result {
    f.debug_struct(name)
        .field("len", &len)
        .field("closed", &closed)
        .finish_non_exhaustive()
}

#[cfg(test)]
#[path = "end_tests.rs"]
mod tests;
