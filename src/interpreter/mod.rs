//! Interpreters: each on a thread of its own, reached through a mailbox.

mod address;
mod blueprint;
mod boot;
mod capacity;
mod child;
mod closure;
mod family;
mod handle;
mod isolate;
mod job;
mod life;
mod mould;
mod object;
mod offspring;
mod packages;
mod persistent;
mod process;
mod queued;
mod run;
mod script;
mod site;
mod spare;
mod stack;
mod stats;
mod stock;
mod streams;
mod surroundings;
mod task;
mod threads;

pub use handle::Interpreter;
pub use job::Job;
pub use object::Object;
pub use script::Script;
pub use stats::Stats;
pub use stock::{Spares, set_spares, spares, wait_for_spares};
pub use streams::{Input, Output};
pub use task::Task;

pub(crate) use blueprint::{Blueprint, DEFAULT_STACK, Environment, MemoryModule, ProcessRole};
pub(crate) use child::{Child, Ending};
pub(crate) use family::Kind;
pub(crate) use job::Resubmit;
pub(crate) use life::{Ended, WorkSource};
pub(crate) use offspring::{claim_task, start};
pub(crate) use persistent::Isolate;
#[cfg(feature = "plugins")]
pub(crate) use queued::prepare_within;
pub(crate) use queued::{Canceller, QueuedJob, prepare_each, prepare_retrying};
pub(crate) use site::{SitePackages, folders as site_folders};
pub(crate) use stock::expect;
pub(crate) use surroundings::Surroundings;
