//! Memory accounted for each interpreter.
//!
//! A host that wants to limit what scripts allocate, or only to know, installs [`Accounting`] as its global allocator,
//! over whichever allocator it likes:
//!
//! ```
//! use std::alloc::System;
//! use ungil::{Interpreter, Limits, alloc::Accounting};
//!
//! #[global_allocator]
//! static ALLOCATOR: Accounting<System> = Accounting::new(System);
//!
//! let py = Interpreter::builder().limits(Limits::new().memory(64 << 20)).build()?;
//! assert!(py.stats().memory.unwrap() > 1 << 20);
//! let error = py.exec("grow = []\nwhile True: grow.append(bytes(100_000))").unwrap_err();
//! assert!(error.as_limit().is_some() && error.interpreter_usable());
//! py.exec("grow = None")?;
//! # Ok::<(), ungil::Error>(())
//! ```
//!
//! What an interpreter's thread allocates is charged to the interpreter's account, and each block is credited to the
//! account that it was charged to, wherever it is freed: an account's pointer stands in front of each block. That costs 8
//! bytes for each block (as many as its alignment, where that is larger) and a few instructions; the counters of a thread
//! are added to its account's every 64 KiB, so readings are exact to that.
//!
//! What is on its way through a channel is charged to who sent it. Who receives it makes objects of its own from it, and
//! frees what came, which credits the sender; large buffers are not copied but change accounts.

mod account;
mod accounting;
mod thread;

pub use accounting::{Accounting, is_installed, would_exceed};

pub(crate) use account::{Account, Alarm};
pub(crate) use accounting::{adopt, adopt_text};
pub(crate) use thread::{Tenant, collecting, in_python, quietly, set_alarm};
