//! Waits for channels can be stopped.

use super::*;

/// Starts the script, and returns when it has said that the wait comes next.
fn waiting(py: &Interpreter, script: &str) -> Result<Job<()>, Error> {
    let (ready, about_to_wait) = channel::<()>(1);
    py.set("ready", ready)?;
    let job = py.spawn(Task::exec(format!("ready.send(None)\n{script}")));
    about_to_wait.recv_timeout(PATIENCE).expect("the script runs");
    Ok(job)
}

#[test]
fn a_waiting_script_can_be_cancelled() -> TestResult {
    let py = python()?;
    for (capacity, script) in [
        (1, "receiver.recv()"),
        (1, "receiver.recv(timeout=3600)"),
        (1, "for item in receiver: pass"),
        (0, "sender.send(1)"),
        (1, "while True: sender.send(1)"),
    ] {
        py.exec(format!("sender, receiver = ungil.channel({capacity})"))?;
        let job = waiting(&py, script)?;
        job.cancel();
        assert!(matches!(job.wait(), Err(Error::Cancelled)), "{script}");
        py.exec("assert not receiver.closed")?;
    }
    Ok(())
}

#[test]
fn a_cancelled_send_has_sent_nothing() -> TestResult {
    let (sender, receiver) = channel::<String>(1);
    let py = python()?;
    py.set("texts", &sender)?;
    let job = waiting(&py, "texts.send('first')\ntexts.send('second')")?;
    job.cancel();
    assert!(matches!(job.wait(), Err(Error::Cancelled)));
    sender.close();
    let received: Vec<_> = receiver.iter().collect::<Result<_, _>>()?;
    assert!(received.len() <= 1, "{received:?}");
    Ok(())
}

#[test]
fn closing_from_rust_ends_a_scripts_wait() -> TestResult {
    let (sender, receiver) = channel::<i64>(1);
    let py = python()?;
    py.set("numbers", &receiver)?;
    let job = waiting(
        &py,
        "try:\n    numbers.recv()\nexcept ungil.ChannelClosed as end:\n    text = str(end)",
    )?;
    sender.close();
    job.wait()?;
    assert_eq!(
        py.get::<String>("text")?,
        "the channel is closed and everything in it was received"
    );
    Ok(())
}

#[test]
fn a_host_function_that_waits_can_be_cancelled() -> TestResult {
    let (_keep, receiver) = channel::<i64>(1);
    let wait = move || receiver.recv().map_err(|error| error.to_string());
    let py = Interpreter::builder().function("wait", wait).build()?;
    let job = waiting(&py, "wait()")?;
    job.cancel();
    assert!(matches!(job.wait(), Err(Error::Cancelled)));
    Ok(())
}
