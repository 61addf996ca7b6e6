//! The ends of a channel that carry any value.

use std::{borrow::Borrow, fmt, sync::Arc, time::Duration};

use super::{
    Message, Receiver, RecvError, SendError, SendFailure, Sender,
    block::{self, Interrupted},
    end::{Obstacle, RecvEnd, SendEnd, Unsent, ends},
};
use crate::value::{Handle, Value};

/// The sending end of a channel that carries any [`Value`]; what a typed [`Sender`] is underneath.
///
/// A clone is another handle to the same end; the end is gone with its last handle, in whatever interpreter that is.
/// Values keep their order for one sender. It may be used on any thread. In a host function, a method that waits holds up
/// the script that called it, and ends early when that script is stopped.
///
/// ```
/// use ungil::{Value, raw_channel};
///
/// let (sender, receiver) = raw_channel(2);
/// sender.send(Value::from(1))?;
/// sender.send(Value::from("one"))?;
/// drop(sender);
/// let received: Vec<Value> = receiver.into_iter().collect();
/// assert_eq!(received, [Value::from(1), Value::from("one")]);
/// # Ok::<(), ungil::SendError<Value>>(())
/// ```
#[derive(Clone)]
pub struct RawSender(pub(super) Arc<SendEnd<Message>>);

/// The receiving end of a channel that carries any [`Value`]; what a typed [`Receiver`] is underneath.
///
/// A clone is another handle to the same end: each value goes to one of them. `for value in &receiver` takes values
/// until the channel is closed and empty.
#[derive(Clone)]
pub struct RawReceiver(pub(super) Arc<RecvEnd<Message>>);

/// Makes a channel for values of any kind; see [`channel`](super::channel) for what its capacity means.
pub fn raw_channel(capacity: usize) -> (RawSender, RawReceiver) {
    let (sender, receiver) = ends(capacity);
    (RawSender(Arc::new(sender)), RawReceiver(Arc::new(receiver)))
}

pub(super) fn send_failure(obstacle: Obstacle<Interrupted>) -> SendFailure {
    match obstacle {
        Obstacle::Closed => SendFailure::Closed,
        Obstacle::NotNow => SendFailure::Full,
        Obstacle::Timeout => SendFailure::Timeout,
        Obstacle::Interrupted(Interrupted) => SendFailure::Interrupted,
    }
}

fn send_error(unsent: Unsent<Message, Interrupted>) -> SendError<Value> {
    SendError::new(unsent.message.into_any_value(), send_failure(unsent.obstacle))
}

fn recv_error(obstacle: Obstacle<Interrupted>) -> RecvError {
    match obstacle {
        Obstacle::Closed => RecvError::Closed,
        Obstacle::NotNow => RecvError::Empty,
        Obstacle::Timeout => RecvError::Timeout,
        Obstacle::Interrupted(Interrupted) => RecvError::Interrupted,
    }
}

fn any_value(received: Result<Value, RecvError>) -> Option<Value> {
    match received {
        Ok(value) | Err(RecvError::Conversion { value, .. }) => Some(value),
        Err(_) => None,
    }
}

impl RawSender {
    /// Sends, waiting for room as long as it takes.
    ///
    /// # Errors
    /// The channel is closed, or is closed while this waits; the error gives the value back.
    pub fn send(&self, value: Value) -> Result<(), SendError<Value>> {
        block::send(&self.0, value.into(), None).map_err(send_error)
    }

    /// Sends if there is room now.
    ///
    /// # Errors
    /// The channel is full or closed; the error gives the value back.
    pub fn try_send(&self, value: Value) -> Result<(), SendError<Value>> {
        self.0.try_send(value.into()).map_err(send_error)
    }

    /// Sends, waiting for room for at most `timeout`.
    ///
    /// # Errors
    /// There was no room in time, or the channel is closed; the error gives the value back.
    pub fn send_timeout(&self, value: Value, timeout: Duration) -> Result<(), SendError<Value>> {
        block::send(&self.0, value.into(), Some(timeout)).map_err(send_error)
    }

    /// The same end for values of one type only. Other handles to it are not affected.
    pub fn typed<T>(self) -> Sender<T> {
        Sender::from_raw(self)
    }

    /// The end that a handle inside a [`Value`] points to, if it points to a sending end.
    pub fn from_handle(handle: &Handle) -> Option<Self> {
        handle.downcast().map(Self)
    }

    pub(super) fn end(&self) -> &SendEnd<Message> {
        &self.0
    }
}

impl RawReceiver {
    /// Receives the next value, waiting as long as it takes.
    ///
    /// # Errors
    /// [`RecvError::Closed`]: the channel is closed and empty, or becomes so while this waits.
    /// [`RecvError::Conversion`]: a script sent an object that is not plain data; it is in the error, as a handle that
    /// can be given to any interpreter.
    pub fn recv(&self) -> Result<Value, RecvError> {
        block::recv(&self.0, None).map_err(recv_error)?.into_value()
    }

    /// Receives a value if one is there now.
    ///
    /// # Errors
    /// [`RecvError::Empty`], [`RecvError::Closed`] or [`RecvError::Conversion`].
    pub fn try_recv(&self) -> Result<Value, RecvError> {
        self.0.try_recv().map_err(recv_error)?.into_value()
    }

    /// Receives the next value, waiting for at most `timeout`.
    ///
    /// # Errors
    /// [`RecvError::Timeout`], [`RecvError::Closed`] or [`RecvError::Conversion`].
    pub fn recv_timeout(&self, timeout: Duration) -> Result<Value, RecvError> {
        block::recv(&self.0, Some(timeout)).map_err(recv_error)?.into_value()
    }

    /// Takes values until the channel is closed and empty, waiting for each. An object that is not plain data is a
    /// handle, which can be given to any interpreter.
    pub fn iter(&self) -> impl Iterator<Item = Value> {
        std::iter::from_fn(|| any_value(self.recv()))
    }

    /// Takes the values that are there now, without waiting.
    pub fn try_iter(&self) -> impl Iterator<Item = Value> {
        std::iter::from_fn(|| any_value(self.try_recv()))
    }

    /// The same end for values of one type only. Other handles to it are not affected.
    pub fn typed<T>(self) -> Receiver<T> {
        Receiver::from_raw(self)
    }

    /// The end that a handle inside a [`Value`] points to, if it points to a receiving end.
    pub fn from_handle(handle: &Handle) -> Option<Self> {
        handle.downcast().map(Self)
    }
}

macro_rules! common_to_both_ends {
    ($end:ident, $name:literal) => {
        impl $end {
            /// Closes the channel for everyone, and returns true if it was open. What is in it can still be received;
            /// senders, those that wait included, get their values back.
            pub fn close(&self) -> bool {
                self.0.close()
            }

            /// True once the channel was closed or one side of it is gone. Values may be left in it.
            pub fn is_closed(&self) -> bool {
                self.0.is_closed()
            }

            /// How many values wait in it now; it may be another number by the time that this returns.
            pub fn len(&self) -> usize {
                self.0.len()
            }

            /// True if no value waits in it now. Always so for a capacity of 0.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// How many values it holds at most.
            pub fn capacity(&self) -> usize {
                self.0.capacity()
            }

            pub(crate) fn handle(&self) -> Handle {
                Handle::new(self.0.clone())
            }
        }

        impl fmt::Debug for $end {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct($name)
                    .field("len", &self.len())
                    .field("capacity", &self.capacity())
                    .field("closed", &self.is_closed())
                    .finish()
            }
        }

        impl From<$end> for Value {
            fn from(end: $end) -> Self {
                Self::Handle(end.handle())
            }
        }
    };
}
common_to_both_ends!(RawSender, "RawSender");
common_to_both_ends!(RawReceiver, "RawReceiver");

impl<'a> IntoIterator for &'a RawReceiver {
    type Item = Value;
    type IntoIter = RawIncoming<&'a RawReceiver>;

    fn into_iter(self) -> Self::IntoIter {
        RawIncoming(self)
    }
}

impl IntoIterator for RawReceiver {
    type Item = Value;
    type IntoIter = RawIncoming<RawReceiver>;

    fn into_iter(self) -> Self::IntoIter {
        RawIncoming(self)
    }
}

/// Takes values from a [`RawReceiver`], its own or a borrowed one, until the channel is closed and empty.
#[derive(Debug)]
pub struct RawIncoming<R>(R);

impl<R: Borrow<RawReceiver>> Iterator for RawIncoming<R> {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        any_value(self.0.borrow().recv())
    }
}
