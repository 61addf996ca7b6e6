//! What a host function may return, and how failures are told apart from results.

use std::error::Error as StdError;

use serde::Serialize;

use super::{HostError, arguments::Failure};
use crate::value::{Value, to_value, to_value_or_err};

/// What is left of a call when the Rust function is done.
pub type Outcome = Result<Value, Failure>;

/// A type that a host function may return: anything that serde can serialize, or a `Result` of it.
///
/// An `Err` is raised in the script. Its type may be
/// - any `std::error::Error`, or [`HostError`], which chooses the exception's class;
/// - `Box<dyn Error>`, with or without `Send + Sync`, and types like `anyhow::Error` that are one inside;
/// - `String`, `&str` or anything else that serde can serialize, which becomes the message of an `ungil.HostError`.
///
/// `Marker` tells these apart and is always inferred. An error type that is both an `Error` and `Serialize` is the one
/// case where it cannot be: turn it into a [`HostError`] with `map_err(HostError::from)`.
#[diagnostic::on_unimplemented(
    message = "a host function cannot return `{Self}`",
    label = "neither `serde::Serialize` nor a `Result` whose error can be raised",
    note = "return a type that implements `serde::Serialize`, or a `Result` of one with `HostError` or any `std::error::Error`"
)]
pub trait HostReturn<Marker> {
    #[doc(hidden)]
    fn into_outcome(self) -> Outcome;
}

/// Any value, and a `Result` whose error is itself a value.
pub struct AsValue;
/// A `Result` with a typed error.
pub struct AsError;
/// A `Result` with an error behind a pointer that can be sent.
pub struct AsDynError;
/// A `Result` with an error behind a pointer that cannot.
pub struct AsLocalError;

impl<R: Serialize> HostReturn<AsValue> for R {
    fn into_outcome(self) -> Outcome {
        match to_value_or_err(&self) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(message)) => Err(HostError::message(message).into()),
            Err(error) => Err(Failure::Result(error)),
        }
    }
}

impl<R: Serialize, E: Into<HostError>> HostReturn<AsError> for Result<R, E> {
    fn into_outcome(self) -> Outcome {
        value(&self.map_err(E::into)?)
    }
}

impl<R: Serialize, E: AsRef<dyn StdError + Send + Sync>> HostReturn<AsDynError> for Result<R, E> {
    fn into_outcome(self) -> Outcome {
        value(&self.map_err(|error| HostError::from_dyn(error.as_ref()))?)
    }
}

impl<R: Serialize> HostReturn<AsLocalError> for Result<R, Box<dyn StdError>> {
    fn into_outcome(self) -> Outcome {
        value(&self.map_err(|error| HostError::from_dyn(error.as_ref()))?)
    }
}

fn value(result: &impl Serialize) -> Outcome {
    to_value(result).map_err(Failure::Result)
}
