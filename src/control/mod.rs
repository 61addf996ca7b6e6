//! An interpreter's handle for those who must reach it while it runs: interrupts, stops, the one interruptible wait.

mod delivery;
mod interrupt;
mod listen;
mod os_thread;
pub(crate) mod spawner;
pub(crate) mod wait;
mod watchdog;

pub(crate) use interrupt::{Control, JobId, StopRaised};
pub(crate) use listen::{Bell, Listener, Listeners, Waitable};
pub(crate) use os_thread::{OsThread, install_wake_signal};
