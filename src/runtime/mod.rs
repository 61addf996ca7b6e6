//! Wiring: the public builders, and which modules an interpreter gets.

mod builder;
mod library;
mod pool;
#[cfg(feature = "ssl")]
mod tls;

pub use builder::Builder;
