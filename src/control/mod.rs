//! An interpreter's handle for those who must reach it while it runs: interrupts, stops, the one interruptible wait.

#[cfg(feature = "plugins")]
mod alarm;
mod clock;
mod deadline;
mod delivery;
mod interrupt;
mod limits;
mod listen;
mod memory;
mod os_thread;
mod quota;
mod raise;
pub(crate) mod spawner;
mod stop;
mod token;
pub(crate) mod wait;
mod watchdog;

#[cfg(feature = "plugins")]
pub(crate) use alarm::Alarm;
pub(crate) use interrupt::{Control, JobId, Raised, Reporter, in_host};
pub(crate) use limits::Hit;
pub use limits::Limits;
pub(crate) use listen::{Bell, Listener, Listeners, Waitable};
pub(crate) use memory::{check_counted, forget_collector, grants_memory, resume_collector};
pub(crate) use os_thread::{OsThread, install_wake_signal};
pub(crate) use quota::{Claim, Quota};
pub(crate) use stop::StopReason;
pub(crate) use token::StopSignal;
