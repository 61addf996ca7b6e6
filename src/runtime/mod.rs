//! Wiring: the public builders, and which modules an interpreter gets.

mod builder;
mod library;
mod pool;

pub use builder::Builder;
