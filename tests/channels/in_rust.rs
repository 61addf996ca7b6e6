//! Channels between threads of Rust.

use super::*;

#[test]
fn typed_values_arrive_in_order() -> TestResult {
    let (sender, receiver) = channel(4);
    let producer = thread::spawn(move || (0..100).try_for_each(|id| sender.send(order(id))));
    let received: Vec<Order> = receiver.into_iter().collect::<Result<_, _>>()?;
    assert_eq!(received, (0..100).map(order).collect::<Vec<_>>());
    producer.join().unwrap()?;
    Ok(())
}

#[test]
fn a_value_that_was_not_sent_comes_back_with_the_cause() -> TestResult {
    let (sender, receiver) = channel::<String>(1);
    sender.send("first".to_owned())?;
    let full = sender.try_send("second".to_owned()).unwrap_err();
    assert_eq!(full.cause(), &SendFailure::Full);
    assert_eq!(full.into_value(), "second");
    let late = sender.send_timeout("third".to_owned(), A_MOMENT).unwrap_err();
    assert_eq!(late.into_parts(), ("third".to_owned(), SendFailure::Timeout));
    receiver.close();
    let closed = sender.send("fourth".to_owned()).unwrap_err();
    assert_eq!(closed.into_parts(), ("fourth".to_owned(), SendFailure::Closed));
    Ok(())
}

#[test]
fn a_value_that_does_not_cross_comes_back_and_nothing_is_sent() {
    struct Stubborn;
    impl Serialize for Stubborn {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("stays here"))
        }
    }
    let (sender, receiver) = channel::<Vec<Stubborn>>(1);
    let error = sender.send(vec![Stubborn]).unwrap_err();
    assert!(matches!(error.cause(), SendFailure::Conversion(_)));
    assert!(error.to_string().contains("stays here"), "{error}");
    assert_eq!(error.into_value().len(), 1);
    assert!(receiver.is_empty());
}

#[test]
fn a_value_of_another_type_is_in_the_error_and_the_next_one_follows() -> TestResult {
    let (sender, receiver) = channel::<u8>(4);
    for value in [1, 1000, 3] {
        sender.raw().send(Value::from(value))?;
    }
    sender.close();
    let mut received = receiver.iter();
    assert_eq!(received.next(), Some(Ok(1)));
    match received.next() {
        Some(Err(RecvError::Conversion { value, error })) => {
            assert_eq!(value, 1000);
            assert!(error.message().contains("1000"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(received.next(), Some(Ok(3)));
    assert_eq!(received.next(), None);
    Ok(())
}

#[test]
fn receiving_says_why_there_is_nothing() -> TestResult {
    let (sender, receiver) = channel::<i64>(1);
    assert_eq!(receiver.try_recv(), Err(RecvError::Empty));
    assert_eq!(receiver.recv_timeout(A_MOMENT), Err(RecvError::Timeout));
    sender.send(1)?;
    drop(sender);
    assert!(receiver.is_closed());
    assert_eq!(receiver.recv(), Ok(1));
    assert_eq!(receiver.recv(), Err(RecvError::Closed));
    assert_eq!(receiver.try_recv(), Err(RecvError::Closed));
    Ok(())
}

#[test]
fn closing_wakes_those_who_wait_and_keeps_what_was_sent() -> TestResult {
    let (sender, receiver) = channel::<i64>(1);
    sender.send(1)?;
    let blocked = sender.clone();
    let waiting = thread::spawn(move || blocked.send(2));
    assert!(receiver.close());
    assert!(!sender.close(), "it was closed already");
    assert_eq!(waiting.join().unwrap().unwrap_err().into_value(), 2);
    assert_eq!(receiver.iter().collect::<Result<Vec<_>, _>>()?, [1]);
    Ok(())
}

#[test]
fn the_channel_ends_with_the_last_handle_to_one_side() -> TestResult {
    let (sender, receiver) = channel::<i64>(1);
    let other = sender.clone();
    drop(sender);
    other.send(1)?;
    assert!(!receiver.is_closed());
    drop(receiver);
    assert!(other.is_closed());
    assert_eq!(other.send(2).unwrap_err().cause(), &SendFailure::Closed);
    Ok(())
}

#[test]
fn an_end_crosses_through_a_channel() -> TestResult {
    let (requests, incoming) = channel::<(i64, Sender<i64>)>(1);
    let server = thread::spawn(move || -> Result<(), RecvError> {
        for request in &incoming {
            let (number, answers) = request?;
            answers.send(number * 2).expect("somebody waits");
        }
        Ok(())
    });
    let (answers, answer) = channel(1);
    requests.send((21, answers))?;
    assert_eq!(answer.recv()?, 42);
    assert_eq!(
        answer.recv(),
        Err(RecvError::Closed),
        "the server's handle is gone, too"
    );
    drop(requests);
    server.join().unwrap()?;
    Ok(())
}

#[test]
fn an_end_is_nothing_for_other_formats() {
    let (sender, receiver) = channel::<i64>(1);
    assert!(serde_json::to_string(&sender).is_err());
    assert!(serde_json::to_string(&receiver).is_err());
    assert!(serde_json::from_str::<Sender<i64>>("3").is_err());
}

#[test]
fn an_end_shows_what_it_is() {
    let (sender, receiver) = channel::<i64>(3);
    sender.try_send(1).unwrap();
    assert_eq!(
        format!("{receiver:?}"),
        "Receiver { len: 1, capacity: 3, closed: false }"
    );
    assert_eq!(Value::from(sender).type_name(), "Sender");
}
