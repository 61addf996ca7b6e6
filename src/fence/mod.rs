//! Permissions, and their enforcement on a thread: in the interpreter, and by the kernel.

mod address;
mod gate;
#[cfg(feature = "plugins")]
mod grants;
#[cfg(target_os = "linux")]
mod kernel;
#[cfg(not(target_os = "linux"))]
#[path = "no_kernel.rs"]
mod kernel;
#[cfg(unix)]
mod mate;
mod modules;
mod outside;
mod permissions;
mod policy;
#[cfg(unix)]
mod programs;
#[cfg(unix)]
mod sockets;
#[cfg(target_os = "linux")]
mod syscalls;
mod wire;

pub use permissions::Permissions;

pub(crate) use gate::{definitions, forget_foreign, seal};
#[cfg(feature = "plugins")]
pub(crate) use grants::{Grant, pattern_covers};
pub(crate) use outside::{HostOwned, call, clear, enter, is_inside, later, may_read, serves};
pub(crate) use policy::{Access, Fence};
pub(crate) use wire::{Signal, Watched, wire};
