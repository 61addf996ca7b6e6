//! Channels: between threads of Rust, between Rust and scripts, between scripts of different interpreters.

use std::{thread, time::Duration};

use serde::{Deserialize, Serialize};
use ungil::{Error, Interpreter, Job, Receiver, RecvError, SendFailure, Sender, Task, Value, channel, raw_channel};

#[path = "channels/ends_of_interpreters.rs"]
mod ends_of_interpreters;
#[path = "channels/in_rust.rs"]
mod in_rust;
#[path = "channels/interrupting.rs"]
mod interrupting;
#[path = "channels/with_scripts.rs"]
mod with_scripts;

/// Longer than anything here takes unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);
const A_MOMENT: Duration = Duration::from_millis(5);

type TestResult = Result<(), Box<dyn std::error::Error>>;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u32,
    lines: Vec<(String, f64)>,
    note: Option<String>,
}

fn order(id: u32) -> Order {
    Order {
        id,
        lines: vec![("tea".to_owned(), 3.5)],
        note: None,
    }
}

fn python() -> Result<Interpreter, Error> {
    let py = Interpreter::new()?;
    py.import("ungil")?;
    Ok(py)
}

/// The type name and message of the exception that the script raises.
fn raised(py: &Interpreter, script: &str) -> (String, String) {
    match py.exec(script) {
        Err(Error::Exception(exception)) => (exception.type_name().to_owned(), exception.message().to_owned()),
        other => panic!("{script} should raise, but gave {other:?}"),
    }
}

/// Values of all kinds survive the way through two interpreters.
#[test]
fn a_value_comes_back_as_it_was_sent() -> TestResult {
    let (to, from_rust) = raw_channel(1);
    let (between, middle) = raw_channel(1);
    let (back, from_python) = raw_channel(1);
    let (first, second) = (python()?, python()?);
    first.set("take", from_rust)?;
    first.set("give", between)?;
    second.set("take", middle)?;
    second.set("give", back)?;
    let relays =
        [first, second].map(|py| py.spawn::<()>(Task::exec("for value in take: give.send(value)\ngive.close()")));
    let values = [
        Value::None,
        Value::from(i64::MIN),
        Value::from(u128::MAX),
        Value::from(2.5),
        Value::from("\u{1F40D}\0"),
        Value::bytes([0, 255]),
        Value::from(vec![Value::tuple([1, 2]), Value::set(["a"]), Value::dict([(1, "x")])]),
    ];
    for value in values {
        to.send(value.clone())?;
        assert_eq!(from_python.recv_timeout(PATIENCE)?, value);
    }
    to.close();
    assert_eq!(from_python.recv(), Err(RecvError::Closed));
    relays.into_iter().try_for_each(Job::wait)?;
    Ok(())
}
