//! What travels through a channel.

use std::any::Any;

use super::RecvError;
use crate::{
    error::ConversionError,
    value::{Handle, Value},
};

/// Python objects on their way from one interpreter to another, made and read by those who know how.
pub(crate) trait Packed: Any + Send {
    /// As data, for Rust; an error names the part that is not.
    fn to_value(&self) -> Result<Value, ConversionError>;

    /// Itself, as something that Rust can pass on.
    fn into_handle(self: Box<Self>) -> Handle;
}

/// A value, or what only an interpreter can make something of.
pub(crate) enum Message {
    Value(Value),
    Packed(Box<dyn Packed>),
}

impl Message {
    /// As Rust takes it. What is not data comes with the error, as a handle.
    pub(super) fn into_value(self) -> Result<Value, RecvError> {
        match self {
            Self::Value(value) => Ok(value),
            Self::Packed(packed) => packed.to_value().map_err(|error| RecvError::Conversion {
                value: Value::Handle(packed.into_handle()),
                error,
            }),
        }
    }

    /// The same for one who takes any value.
    pub(super) fn into_any_value(self) -> Value {
        match self.into_value() {
            Ok(value) | Err(RecvError::Conversion { value, .. }) => value,
            Err(_) => Value::None,
        }
    }
}

impl From<Value> for Message {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}
