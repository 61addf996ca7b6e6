//! Why a channel did not do what was asked, and the value that it was asked for.

use std::fmt;

use crate::{error::ConversionError, value::Value};

/// A value that was not sent. It comes back, with the cause.
///
/// ```
/// use ungil::SendFailure;
///
/// let (sender, receiver) = ungil::channel::<String>(1);
/// sender.try_send("first".to_owned())?;
/// let error = sender.try_send("second".to_owned()).unwrap_err();
/// assert!(matches!(error.cause(), SendFailure::Full));
/// assert_eq!(error.into_value(), "second");
/// # Ok::<(), ungil::SendError<String>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SendError<T> {
    value: T,
    cause: SendFailure,
}

/// Why a value was not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendFailure {
    /// The channel was closed, or nobody holds its receiving end any more. It stays so.
    Closed,
    /// There was no room, and the call was one that does not wait.
    Full,
    /// There was no room within the time given.
    Timeout,
    /// This waited in a host function, and the script that called it was stopped or got a signal.
    Interrupted,
    /// The value is of a kind that does not cross; the error names the part of it.
    Conversion(ConversionError),
}

/// Why nothing was received.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RecvError {
    /// The channel is closed, or nobody holds its sending end any more, and everything sent was received. It stays so.
    Closed,
    /// Nothing was there, and the call was one that does not wait.
    Empty,
    /// Nothing came within the time given.
    Timeout,
    /// This waited in a host function, and the script that called it was stopped or got a signal.
    Interrupted,
    /// Something came that is not of the type asked for. It has left the channel, and is here.
    Conversion {
        /// What came.
        value: Value,
        /// Why it is not of the type, and the part of it that is not.
        error: ConversionError,
    },
}

impl<T> SendError<T> {
    pub(crate) fn new(value: T, cause: SendFailure) -> Self {
        Self { value, cause }
    }

    /// Why it was not sent.
    pub fn cause(&self) -> &SendFailure {
        &self.cause
    }

    /// The value that was not sent.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Takes the value back.
    pub fn into_value(self) -> T {
        self.value
    }

    /// Takes both.
    pub fn into_parts(self) -> (T, SendFailure) {
        (self.value, self.cause)
    }
}

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendError")
            .field("cause", &self.cause)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            SendFailure::Closed => f.write_str("the channel is closed, nothing can be sent"),
            SendFailure::Full => f.write_str("the channel is full"),
            SendFailure::Timeout => f.write_str("the channel stayed full for the time given"),
            SendFailure::Interrupted => f.write_str("the script was interrupted while it waited to send"),
            SendFailure::Conversion(error) => error.fmt(f),
        }
    }
}

impl<T> std::error::Error for SendError<T> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.cause {
            SendFailure::Conversion(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the channel is closed and everything in it was received"),
            Self::Empty => f.write_str("the channel is empty"),
            Self::Timeout => f.write_str("nothing was sent within the time given"),
            Self::Interrupted => f.write_str("the script was interrupted while it waited to receive"),
            Self::Conversion { error, .. } => error.fmt(f),
        }
    }
}

impl std::error::Error for RecvError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Conversion { error, .. } => Some(error),
            _ => None,
        }
    }
}
