//! Hosts of plugins: what is found and refused, what plugins may do, how they are called, replaced and left alone.
#![cfg(all(feature = "plugins", target_os = "linux"))]

#[path = "plugins/bus.rs"]
mod bus;
#[path = "plugins/calls.rs"]
mod calls;
#[path = "plugins/discovery.rs"]
mod discovery;
#[path = "plugins/grants.rs"]
mod grants;
#[path = "plugins/health.rs"]
mod health;
#[path = "plugins/life.rs"]
mod life;
#[path = "plugins/load.rs"]
mod load;
#[path = "plugins/manifests.rs"]
mod manifests;
#[path = "plugins/reloading.rs"]
mod reloading;
#[path = "plugins/watching.rs"]
mod watching;
#[path = "plugins/workshop.rs"]
mod workshop;
