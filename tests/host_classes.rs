//! Host classes, whose instances live in Rust, and host futures, which run in Rust while a script waits.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use ungil::{Class, Error, Exception, HostError, HostFunction, HostRef, Interpreter, Module, Spawner, Task, Value};

#[path = "host_classes/classes.rs"]
mod classes;
#[path = "host_classes/futures.rs"]
mod futures;

/// For what must happen, however slow the machine is.
const LONG: Duration = Duration::from_secs(60);

fn raised(py: &Interpreter, source: &str) -> Exception {
    match py.exec(source) {
        Err(Error::Exception(exception)) => *exception,
        other => panic!("{source} gave {other:?}"),
    }
}

fn eventually(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !condition() {
        assert!(Instant::now() < deadline, "it did not happen");
        thread::sleep(Duration::from_millis(2));
    }
}
