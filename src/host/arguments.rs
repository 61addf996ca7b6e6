//! The arguments of one call on their way into a Rust function, and what can go wrong there.

use std::{any::Any, borrow::Cow, panic::AssertUnwindSafe, sync::Arc};

use serde::de::DeserializeOwned;

use super::{
    HostError, HostRef,
    instance::{AnyInstance, Instance},
};
use crate::{
    error::ConversionError,
    value::{Value, from_value_at},
};

/// The most arguments that a host function takes.
pub(super) const MOST: usize = 8;

const ROOTS: [&str; MOST] = [
    "args[0]", "args[1]", "args[2]", "args[3]", "args[4]", "args[5]", "args[6]", "args[7]",
];

/// What a positional argument is called in a path: `args[0]`.
pub(super) fn positional_root(index: usize) -> &'static str {
    ROOTS.get(index).copied().unwrap_or("args")
}

/// The arguments of one call, each taken once.
pub struct Arguments {
    slots: [Slot; MOST],
    receiver: Option<Arc<dyn AnyInstance>>,
    /// What a constructor made.
    pub(super) made: Option<Arc<dyn AnyInstance>>,
}

#[derive(Default)]
struct Slot {
    value: Value,
    root: Cow<'static, str>,
}

/// Why a call has no result.
pub enum Failure {
    /// The argument at that position is not what the function takes.
    Argument(usize, ConversionError),
    /// What the function returned cannot cross.
    Result(ConversionError),
    /// The function failed.
    Raised(HostError),
    /// A method was called on an instance of another Rust type.
    Receiver,
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        Self::Raised(error)
    }
}

impl Arguments {
    pub(super) fn new(receiver: Option<Arc<dyn AnyInstance>>) -> Self {
        Self {
            slots: Default::default(),
            receiver,
            made: None,
        }
    }

    pub(super) fn set(&mut self, index: usize, value: Value, root: impl Into<Cow<'static, str>>) {
        if let Some(slot) = self.slots.get_mut(index) {
            slot.value = value;
            slot.root = root.into();
        }
    }

    pub(super) fn take<A: DeserializeOwned>(&mut self, index: usize) -> Result<A, Failure> {
        let slot = self.slots.get_mut(index).map(std::mem::take).unwrap_or_default();
        from_value_at(slot.root, slot.value).map_err(|error| Failure::Argument(index, error))
    }

    pub(super) fn receiver<T: Send + Sync + 'static>(&mut self) -> Result<HostRef<T>, Failure> {
        let receiver: Arc<dyn Any + Send + Sync> = self.receiver.take().ok_or(Failure::Receiver)?;
        let instance = receiver.downcast::<Instance<T>>().map_err(|_| Failure::Receiver)?;
        Ok(HostRef::from_instance(instance))
    }
}

/// Runs `body`, and turns a panic into its message.
pub(super) fn catch<R>(body: impl FnOnce() -> R) -> Result<R, String> {
    // What `body` has captured may be left half changed, as after a panic while a mutex is held; it is the host's own,
    // shared by design, and Rust's poisoning (or its absence) is what the host chose for it.
    std::panic::catch_unwind(AssertUnwindSafe(body)).map_err(|payload| {
        let message = if let Some(text) = payload.downcast_ref::<&'static str>() {
            (*text).to_owned()
        } else if let Some(text) = payload.downcast_ref::<String>() {
            text.clone()
        } else {
            "a value that is not text".to_owned()
        };
        drop_quietly(payload);
        message
    })
}

/// Drops a value whose destructor belongs to the host and may panic.
pub(super) fn drop_quietly<T>(value: T) {
    if let Err(second) = std::panic::catch_unwind(AssertUnwindSafe(move || drop(value))) {
        // A payload that panics when it is dropped would do so again.
        std::mem::forget(second);
    }
}
