//! What an interpreter's end means for its ends of channels.

use super::*;

#[test]
fn a_deleted_end_is_gone() -> TestResult {
    let (sender, receiver) = channel::<i64>(1);
    let py = python()?;
    py.set("numbers", sender)?;
    py.exec("numbers.send(1); del numbers")?;
    assert_eq!(receiver.recv()?, 1);
    assert_eq!(receiver.recv_timeout(PATIENCE), Err(RecvError::Closed));
    Ok(())
}

#[test]
fn what_a_closed_interpreter_held_is_gone_even_if_it_was_never_freed() -> TestResult {
    let (sender, receiver) = channel::<i64>(1);
    let py = python()?;
    py.set("numbers", sender)?;
    py.exec("import sys\nclass Keeper: pass\nsys.kept = Keeper(); sys.kept.me = sys.kept; sys.kept.end = numbers")?;
    py.close()?;
    assert_eq!(receiver.recv_timeout(PATIENCE), Err(RecvError::Closed));
    Ok(())
}

#[test]
fn what_a_panicked_interpreter_held_is_gone() -> TestResult {
    let (sender, receiver) = channel::<i64>(1);
    let py = python()?;
    py.set("numbers", sender)?;
    let panicked = py.with(|_| panic!("deliberate"));
    assert!(matches!(panicked, Err(Error::Panicked { .. })), "{panicked:?}");
    assert_eq!(receiver.recv_timeout(PATIENCE), Err(RecvError::Closed));
    Ok(())
}

#[test]
fn an_end_given_away_outlives_the_interpreter_that_made_it() -> TestResult {
    let py = python()?;
    let (sender, receiver): (Sender<i64>, Receiver<i64>) = py.eval("ungil.channel(1)")?;
    py.close()?;
    sender.send(7)?;
    assert_eq!(receiver.recv()?, 7);
    Ok(())
}
