//! Interpreters: each on a thread of its own, reached through a mailbox.

mod blueprint;
mod boot;
mod closure;
mod handle;
mod isolate;
mod job;
mod life;
mod object;
mod run;
mod script;
mod stack;
mod stats;
mod streams;
mod task;
mod threads;

pub use handle::Interpreter;
pub use job::Job;
pub use object::Object;
pub use script::Script;
pub use stats::Stats;
pub use streams::{Input, Output};
pub use task::Task;

pub(crate) use blueprint::{Blueprint, DEFAULT_STACK, Environment, MemoryModule, ProcessRole};
pub(crate) use job::{Canceller, QueuedJob, Resubmit, prepare_each, prepare_retrying};
pub(crate) use life::{Ended, WorkSource};
