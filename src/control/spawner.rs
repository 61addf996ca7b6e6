//! The one thread that starts every other thread of the crate.
//!
//! A thread inherits its starter's restrictions (a kernel fence, blocked signals, working directory); all threads come
//! from here, so none inherits a restriction by chance.

use std::{io, sync::OnceLock, thread};

use crossbeam_channel::{Sender, bounded, unbounded};

struct Order {
    name: String,
    stack_size: Option<usize>,
    body: Box<dyn FnOnce() + Send>,
    started: Sender<io::Result<()>>,
}

/// Starts a thread that runs `body`. `stack_size` is in bytes; `None` is the platform's default.
pub(crate) fn spawn(name: &str, stack_size: Option<usize>, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let (started, answer) = bounded(1);
    let order = Order {
        name: name.to_owned(),
        stack_size,
        body: Box::new(body),
        started,
    };
    let gone = || io::Error::other("the spawner thread could not be started");
    spawner().as_ref().ok_or_else(gone)?.send(order).map_err(|_| gone())?;
    answer.recv().map_err(|_| gone())?
}

fn spawner() -> &'static Option<Sender<Order>> {
    static SPAWNER: OnceLock<Option<Sender<Order>>> = OnceLock::new();
    SPAWNER.get_or_init(|| {
        // Unbounded, but each sender waits for its answer, so it holds at most one order for each thread that asks.
        let (orders, incoming) = unbounded::<Order>();
        thread::Builder::new()
            .name("ungil-spawner".to_owned())
            .spawn(move || {
                for order in incoming {
                    let mut builder = thread::Builder::new().name(order.name);
                    if let Some(size) = order.stack_size {
                        builder = builder.stack_size(size);
                    }
                    let result = builder.spawn(order.body).map(drop);
                    let _ = order.started.send(result);
                }
            })
            .ok()
            .map(|_| orders)
    })
}
