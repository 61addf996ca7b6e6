//! `threading.Thread` and `_thread`: threads that are interpreters of their own.

use std::time::Duration;

use ungil::{Error, Interpreter, Output, Task};

#[path = "threads/ends.rs"]
mod ends;
#[path = "threads/identity.rs"]
mod identity;
#[path = "threads/low_level.rs"]
mod low_level;
#[path = "threads/running.rs"]
mod running;
#[path = "threads/what_is_carried.rs"]
mod what_is_carried;

/// Longer than anything here takes unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// Runs the script to its end, that of its threads included. Returns what it wrote.
fn run(script: &str) -> Result<(String, String), Error> {
    let py = Interpreter::builder()
        .stdout(Output::Capture)
        .stderr(Output::Capture)
        .build()?;
    py.exec(
        "
import _thread, queue, sys, threading, time
from threading import Thread, current_thread, main_thread, Event, Lock
from _ungil_carry import SharedStateError, copied
from _ungil import Counter

def raised(kind, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except kind as error:
        return str(error)
    raise AssertionError(f'{kind.__name__} was not raised')
",
    )?;
    let mut job = py.spawn::<()>(Task::exec(script).filename("script.py"));
    job.wait_timeout(PATIENCE).unwrap_or_else(|| panic!("it hangs"))?;
    // What is captured until the end of the interpreter, with its threads waited for.
    py.exec("threading._shutdown(); sys.stdout.flush(); sys.stderr.flush()")?;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ok((text(py.take_stdout()), text(py.take_stderr())))
}

fn passes(script: &str) -> TestResult {
    let (_, errors) = run(script)?;
    assert_eq!(errors, "");
    Ok(())
}
