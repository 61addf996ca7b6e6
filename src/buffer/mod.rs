//! Memory that interpreters share on purpose.
//!
//! [`Memory`] is one piece of it, at one address; who may look at which part of it is kept beside it, so that nobody reads
//! what another interpreter is writing. [`Mapping`] is for programs that do their own locking: each interpreter sees the
//! same memory at an address of its own.

mod borrows;
mod mapping;
mod memory;
mod shared;

#[cfg(test)]
mod tests;

pub(crate) use borrows::{Access, Conflict};
pub(crate) use mapping::{Mapping, Window};
pub(crate) use memory::{Memory, Part, PatientPark, Refused, View, release_views};
pub use shared::{BufferInUse, SharedBuffer};
