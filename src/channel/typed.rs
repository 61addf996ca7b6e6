//! The ends of a channel for values of one Rust type.

use std::{borrow::Borrow, fmt, marker::PhantomData, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

use super::{
    Message, RawReceiver, RawSender, RecvError, SendError, SendFailure,
    block::{self, Interrupted},
    end::Unsent,
    raw::send_failure,
};
use crate::value::{Handle, Value, deserialize_handle, serialize_handle};

/// The sending end of a [`channel`](super::channel).
///
/// It is a handle: clones are the same end, and so is what an interpreter gets from `interp.set("orders", sender)` or
/// from an argument, because it can be serialized. The end is gone with the last of them; a receiver then takes what is
/// left and is told that the channel is closed.
///
/// Any thread may use it, whatever `T` is: values cross as data, never as themselves. In a host function, a method that
/// waits holds up the script that called it, and ends early when that script is stopped.
pub struct Sender<T> {
    raw: RawSender,
    values: PhantomData<fn(T)>,
}

/// The receiving end of a [`channel`](super::channel).
///
/// It is a handle, as [`Sender`] is: clones are the same end, and each value goes to one of them. `for value in
/// &receiver` takes values until the channel is closed and empty; an item is a `Result`, because Python can send what
/// is not a `T`.
pub struct Receiver<T> {
    raw: RawReceiver,
    values: PhantomData<fn() -> T>,
}

impl<T> Sender<T> {
    pub(crate) fn from_raw(raw: RawSender) -> Self {
        Self {
            raw,
            values: PhantomData,
        }
    }

    /// The same end, for values of any kind.
    pub fn raw(&self) -> &RawSender {
        &self.raw
    }

    /// The same end, for values of any kind.
    pub fn into_raw(self) -> RawSender {
        self.raw
    }
}

impl<T: Serialize> Sender<T> {
    /// Sends, waiting for room as long as it takes.
    ///
    /// # Errors
    /// The channel is closed, or is closed while this waits, or the value does not cross. The error gives it back.
    ///
    /// ```
    /// let (sender, receiver) = ungil::channel::<Vec<u8>>(1);
    /// receiver.close();
    /// let error = sender.send(vec![1, 2]).unwrap_err();
    /// assert_eq!(error.into_value(), [1, 2]);
    /// ```
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.convert_and(value, |value| block::send(self.raw.end(), value, None))
    }

    /// Sends if there is room now. With a capacity of 0 that is: if a receiver is waiting.
    ///
    /// # Errors
    /// The channel is full or closed, or the value does not cross. The error gives it back.
    pub fn try_send(&self, value: T) -> Result<(), SendError<T>> {
        self.convert_and(value, |value| self.raw.end().try_send(value))
    }

    /// Sends, waiting for room for at most `timeout`.
    ///
    /// # Errors
    /// There was no room in time, the channel is closed, or the value does not cross. The error gives it back.
    pub fn send_timeout(&self, value: T, timeout: Duration) -> Result<(), SendError<T>> {
        self.convert_and(value, |value| block::send(self.raw.end(), value, Some(timeout)))
    }

    fn convert_and(
        &self,
        value: T,
        send: impl FnOnce(Message) -> Result<(), Unsent<Message, Interrupted>>,
    ) -> Result<(), SendError<T>> {
        match crate::value::to_value(&value) {
            Err(error) => Err(SendError::new(value, SendFailure::Conversion(error))),
            Ok(data) => send(data.into()).map_err(|unsent| SendError::new(value, send_failure(unsent.obstacle))),
        }
    }
}

impl<T> Receiver<T> {
    pub(crate) fn from_raw(raw: RawReceiver) -> Self {
        Self {
            raw,
            values: PhantomData,
        }
    }

    /// The same end, for values of any kind.
    pub fn raw(&self) -> &RawReceiver {
        &self.raw
    }

    /// The same end, for values of any kind.
    pub fn into_raw(self) -> RawReceiver {
        self.raw
    }
}

impl<T: DeserializeOwned> Receiver<T> {
    /// Receives the next value, waiting as long as it takes.
    ///
    /// # Errors
    /// [`RecvError::Closed`]: the channel is closed and empty, or becomes so while this waits.
    /// [`RecvError::Conversion`]: what came is not a `T`; it is in the error.
    ///
    /// ```
    /// use ungil::{RecvError, Value};
    ///
    /// let (sender, receiver) = ungil::channel::<i64>(2);
    /// sender.raw().send(Value::from("three"))?;
    /// match receiver.recv() {
    ///     Err(RecvError::Conversion { value, .. }) => assert_eq!(value, "three"),
    ///     other => panic!("{other:?}"),
    /// }
    /// # Ok::<(), ungil::SendError<Value>>(())
    /// ```
    pub fn recv(&self) -> Result<T, RecvError> {
        self.raw.recv().and_then(convert)
    }

    /// Receives a value if one is there now.
    ///
    /// # Errors
    /// [`RecvError::Empty`], [`RecvError::Closed`] or [`RecvError::Conversion`].
    pub fn try_recv(&self) -> Result<T, RecvError> {
        self.raw.try_recv().and_then(convert)
    }

    /// Receives the next value, waiting for at most `timeout`.
    ///
    /// # Errors
    /// [`RecvError::Timeout`], [`RecvError::Closed`] or [`RecvError::Conversion`].
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvError> {
        self.raw.recv_timeout(timeout).and_then(convert)
    }

    /// Takes values until the channel is closed and empty, waiting for each.
    pub fn iter(&self) -> Incoming<&Self, T> {
        self.into_iter()
    }

    /// Takes the values that are there now, without waiting.
    pub fn try_iter(&self) -> impl Iterator<Item = Result<T, RecvError>> {
        std::iter::from_fn(|| some_unless_over(self.try_recv()))
    }
}

fn convert<T: DeserializeOwned>(value: Value) -> Result<T, RecvError> {
    // Kept in case that it is not of the type: a value that nobody asked for must not vanish.
    crate::value::from_value(value.clone()).map_err(|error| RecvError::Conversion { value, error })
}

fn some_unless_over<T>(received: Result<T, RecvError>) -> Option<Result<T, RecvError>> {
    match received {
        Ok(value) => Some(Ok(value)),
        Err(error @ RecvError::Conversion { .. }) => Some(Err(error)),
        Err(_) => None,
    }
}

/// Takes values from a [`Receiver`], its own or a borrowed one, until the channel is closed and empty.
pub struct Incoming<R, T> {
    receiver: R,
    values: PhantomData<fn() -> T>,
}

impl<R: Borrow<Receiver<T>>, T: DeserializeOwned> Iterator for Incoming<R, T> {
    type Item = Result<T, RecvError>;

    fn next(&mut self) -> Option<Self::Item> {
        some_unless_over(self.receiver.borrow().recv())
    }
}

impl<R: fmt::Debug, T> fmt::Debug for Incoming<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Incoming").field(&self.receiver).finish()
    }
}

impl<'a, T: DeserializeOwned> IntoIterator for &'a Receiver<T> {
    type Item = Result<T, RecvError>;
    type IntoIter = Incoming<&'a Receiver<T>, T>;

    fn into_iter(self) -> Self::IntoIter {
        Incoming {
            receiver: self,
            values: PhantomData,
        }
    }
}

impl<T: DeserializeOwned> IntoIterator for Receiver<T> {
    type Item = Result<T, RecvError>;
    type IntoIter = Incoming<Receiver<T>, T>;

    fn into_iter(self) -> Self::IntoIter {
        Incoming {
            receiver: self,
            values: PhantomData,
        }
    }
}

macro_rules! common_to_both_ends {
    ($end:ident, $raw:ident, $name:literal) => {
        impl<T> $end<T> {
            /// Closes the channel for everyone, and returns true if it was open. What is in it can still be received;
            /// senders, those that wait included, get their values back.
            pub fn close(&self) -> bool {
                self.raw.close()
            }

            /// True once the channel was closed or one side of it is gone. Values may be left in it.
            pub fn is_closed(&self) -> bool {
                self.raw.is_closed()
            }

            /// How many values wait in it now; it may be another number by the time that this returns.
            pub fn len(&self) -> usize {
                self.raw.len()
            }

            /// True if no value waits in it now. Always so for a capacity of 0.
            pub fn is_empty(&self) -> bool {
                self.raw.is_empty()
            }

            /// How many values it holds at most.
            pub fn capacity(&self) -> usize {
                self.raw.capacity()
            }
        }

        impl<T> Clone for $end<T> {
            fn clone(&self) -> Self {
                Self::from_raw(self.raw.clone())
            }
        }

        impl<T> fmt::Debug for $end<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct($name)
                    .field("len", &self.len())
                    .field("capacity", &self.capacity())
                    .field("closed", &self.is_closed())
                    .finish()
            }
        }

        impl<T> From<$end<T>> for Value {
            fn from(end: $end<T>) -> Self {
                end.raw.into()
            }
        }

        /// As a reference to the end, inside values of this crate only: in other formats it is an error.
        impl<T> Serialize for $end<T> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.raw.serialize(serializer)
            }
        }

        impl<'de, T> Deserialize<'de> for $end<T> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $raw::deserialize(deserializer).map(Self::from_raw)
            }
        }

        /// As a reference to the end, inside values of this crate only: in other formats it is an error.
        impl Serialize for $raw {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize_handle(&self.handle(), serializer)
            }
        }

        impl<'de> Deserialize<'de> for $raw {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let handle: Handle = deserialize_handle(deserializer)?;
                Self::from_handle(&handle).ok_or_else(|| {
                    let found = handle.kind();
                    serde::de::Error::custom(format_args!(concat!("expected ", $name, ", found {}"), found))
                })
            }
        }
    };
}
common_to_both_ends!(Sender, RawSender, "Sender");
common_to_both_ends!(Receiver, RawReceiver, "Receiver");
