//! Host functions and modules: what a script can do with what Rust offers it.

use std::{
    error::Error as StdError,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde::{Deserialize, Serialize};
use ungil::{Builder, Error, Exception, HostError, HostFunction, Interpreter, Module, Value};

#[path = "host/arguments.rs"]
mod arguments;
#[path = "host/calling.rs"]
mod calling;
#[path = "host/failures.rs"]
mod failures;
#[path = "host/modules.rs"]
mod modules;

/// The exception that `source` raises in an interpreter made by `builder`.
fn raised(py: &Interpreter, source: &str) -> Exception {
    match py.eval::<Value>(source) {
        Err(Error::Exception(exception)) => *exception,
        other => panic!("{source} gave {other:?}"),
    }
}

fn message(py: &Interpreter, source: &str) -> String {
    raised(py, source).message().to_owned()
}

fn with(function: HostFunction) -> Interpreter {
    Interpreter::builder().host_function(function).build().unwrap()
}
