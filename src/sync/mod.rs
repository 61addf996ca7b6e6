//! What interpreters share to wait for one another: locks, semaphores, events, conditions, barriers, counters.
//!
//! Each is an `Arc` that any number of Python objects stand for. State is behind a `parking_lot` mutex that is held for
//! a few instructions, never while a thread waits or while Python runs. How a thread waits is the caller's: every method
//! that blocks gets a [`Park`], which on an interpreter's thread is the one interruptible wait.
//!
//! Who holds a lock is known by interpreter. When one ends, or is given up for lost ([`revoke`]), what it holds is
//! released, so that nobody waits for it for ever.

mod barrier;
mod condition;
mod counter;
mod event;
mod holder;
mod lock;
mod park;
mod permits;
mod rlock;
mod shelf;

#[cfg(test)]
mod tests;

pub(crate) use barrier::{Arrival, Barrier};
pub(crate) use condition::Condition;
pub(crate) use counter::Counter;
pub(crate) use event::{Event, Watch};
pub(crate) use holder::{Holder, retire_current, revoke};
pub(crate) use lock::{Lock, Semaphore};
pub(crate) use park::Park;
pub(crate) use permits::{Misuse, Permits};
pub(crate) use rlock::RLock;
pub(crate) use shelf::Shelf;
