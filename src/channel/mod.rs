//! Channels: how values pass between threads of Rust and interpreters, in any direction.
//!
//! A channel is one channel, whoever holds its ends: Rust code on any thread, a script in any interpreter, or several of
//! them at once. Between Rust and Python values cross as data ([`Value`](crate::Value)); between two interpreters any
//! object does that can be packed, as a copy. They keep their order, and each is received once.
//!
//! ```
//! let (orders, from_host) = ungil::channel::<(String, u32)>(8);
//! let (to_host, totals) = ungil::channel::<u32>(8);
//!
//! let py = ungil::Interpreter::new()?;
//! py.set("orders", from_host)?;
//! py.set("totals", to_host)?;
//! let script = py.spawn::<()>(ungil::Task::exec(
//!     "for name, amount in orders: totals.send(amount * 2)\ntotals.close()",
//! ));
//!
//! orders.send(("tea".to_owned(), 3))?;
//! orders.send(("rice".to_owned(), 5))?;
//! orders.close();
//! let received: Vec<u32> = totals.iter().collect::<Result<_, _>>()?;
//! assert_eq!(received, [6, 10]);
//! script.wait()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How a channel ends
//! When one side closes it, or the last handle to one side is gone. Either way senders get their value back from then
//! on, and receivers take what was accepted before they are told [`RecvError::Closed`]: a value for which a send
//! returned `Ok` is received, unless nobody receives any more.

mod block;
mod end;
mod error;
mod message;
mod raw;
mod state;
mod typed;

pub(crate) use block::{Interrupted, Wait, deadline};
pub(crate) use end::{Obstacle, RecvEnd, SendEnd, Unsent, ends, unbounded_ends};
pub use error::{RecvError, SendError, SendFailure};
pub(crate) use message::{Message, Packed};
pub use raw::{RawIncoming, RawReceiver, RawSender, raw_channel};
pub(crate) use state::Announcement;
pub use typed::{Incoming, Receiver, Sender};

/// Makes a channel that holds at most `capacity` values: a send that finds it full waits. With 0 it holds none, and each
/// send waits until a receiver takes the value.
///
/// Both ends are handles that can be cloned, moved to any thread, and given to any interpreter, where they are objects
/// of the classes `ungil.Sender` and `ungil.Receiver`:
///
/// ```
/// let (numbers, receiver) = ungil::channel::<i64>(4);
/// let py = ungil::Interpreter::new()?;
/// py.set("numbers", numbers)?;
/// py.exec("numbers.send(6 * 7)")?;
/// assert_eq!(receiver.recv()?, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = raw_channel(capacity);
    (sender.typed(), receiver.typed())
}
