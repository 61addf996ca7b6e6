//! Plugins in Python: each in a sandboxed interpreter of its own, called by typed hooks, reloaded while the program runs.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use ungil::plugin::PluginHost;
//!
//! #[derive(Serialize)]
//! struct Order { customer: String, total: f64 }
//!
//! #[derive(Deserialize)]
//! struct Decision { accept: bool, reason: String }
//!
//! # if !cfg!(target_os = "linux") { return Ok(()) }
//! # let folder = tempfile::tempdir()?;
//! # let plugins = folder.path();
//! std::fs::write(plugins.join("credit.py"), "
//! def on_order(order):
//!     return {'accept': order['total'] < 1000, 'reason': 'credit of ' + order['customer']}
//! ")?;
//!
//! let host = PluginHost::builder().folder(plugins).build()?;
//! let on_order = host.hook::<(Order,), Decision>("on_order");
//! let order = Order { customer: "Ada".to_owned(), total: 20.0 };
//! for answer in on_order.all(&(order,))? {
//!     let decision = answer.result?;
//!     assert!(decision.accept);
//!     assert_eq!(decision.reason, "credit of Ada");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What plugins may do is a [`Policy`], what they ask for their [`Manifest`]; what happens to them are [`Events`].
//! `docs/plugins.md` is the whole story, for hosts and for those who write plugins.

mod builder;
mod bus;
mod call;
mod description;
mod discover;
mod error;
mod events;
mod flight;
mod health;
mod hook;
mod host;
mod instance;
mod load;
mod manifest;
mod offer;
mod outline;
mod policy;
mod reload;
mod settings;
mod shared;
mod slot;
mod stats;
mod supervise;
mod version;
mod watch;

pub use builder::PluginHostBuilder;
pub use bus::Message;
pub use description::{CheckReport, HookDescription, HostDescription, OfferDescription, check};
pub use error::{CallError, PluginError, Stage};
pub use events::{Event, EventKind, Events};
pub use flight::Answer;
pub use health::{Clock, Health, Quarantine};
pub use hook::{Chained, First, Hook};
pub use host::{PluginHost, PluginInfo};
pub use manifest::Manifest;
pub use offer::Offer;
use policy::Granted;
pub use policy::{Policy, Refusal};
pub use stats::{HookStats, PluginStats};
pub use version::ApiVersion;

#[cfg(doctest)]
#[doc = include_str!("../../docs/plugins.md")]
struct Guide;
