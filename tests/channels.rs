//! Channels: between threads of Rust, between Rust and scripts, between scripts of different interpreters.

use std::{thread, time::Duration};

use serde::{Deserialize, Serialize};
use ungil::{Error, Interpreter, Job, Receiver, RecvError, SendFailure, Sender, Task, Value, channel, raw_channel};

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

mod in_rust {
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
}

mod with_scripts {
    use super::*;

    #[test]
    fn a_script_receives_and_answers_structs() -> TestResult {
        let (orders, incoming) = channel::<Order>(2);
        let (outgoing, bills) = channel::<(u32, f64)>(2);
        let py = python()?;
        py.set("orders", incoming)?;
        py.set("bills", outgoing)?;
        let shop: Job<()> = py.spawn(Task::exec(
            "for order in orders:\n    bills.send((order['id'], sum(price for _, price in order['lines'])))\nbills.close()",
        ));
        let feeder = thread::spawn(move || (0..50).try_for_each(|id| orders.send(order(id))));
        let received: Vec<_> = bills.iter().collect::<Result<_, _>>()?;
        assert_eq!(received, (0..50).map(|id| (id, 3.5)).collect::<Vec<_>>());
        feeder.join().unwrap()?;
        shop.wait()?;
        Ok(())
    }

    #[test]
    fn two_scripts_meet_in_a_rendezvous() -> TestResult {
        let (numbers, incoming) = channel::<i64>(0);
        let (first, second) = (python()?, python()?);
        first.set("numbers", numbers)?;
        second.set("numbers", incoming)?;
        let sending: Job<()> = first.spawn(Task::exec("for n in range(200): numbers.send(n)\nnumbers.close()"));
        let summing: Job<()> = second.spawn(Task::exec("total = sum(numbers)"));
        sending.wait()?;
        summing.wait()?;
        assert_eq!(second.get::<i64>("total")?, 199 * 100);
        Ok(())
    }

    #[test]
    fn each_value_goes_to_one_of_many_receivers() -> TestResult {
        let (numbers, incoming) = channel::<i64>(8);
        let (sums, results) = channel::<i64>(8);
        let workers: Vec<_> = (0..4).map(|_| python()).collect::<Result<_, _>>()?;
        let mut jobs: Vec<Job<()>> = Vec::new();
        for py in &workers {
            py.set("numbers", &incoming)?;
            py.set("sums", &sums)?;
            jobs.push(py.spawn(Task::exec("sums.send(sum(numbers))")));
        }
        (1..=10_000).try_for_each(|number| numbers.send(number))?;
        numbers.close();
        jobs.into_iter().try_for_each(Job::wait)?;
        sums.close();
        assert_eq!(results.iter().sum::<Result<i64, _>>()?, 50_005_000);
        Ok(())
    }

    #[test]
    fn a_script_makes_channels_and_gives_ends_away() -> TestResult {
        let py = python()?;
        py.exec("sender, receiver = ungil.channel(3)")?;
        let (sender, receiver): (Sender<i64>, Receiver<i64>) = py.eval("(sender, receiver)")?;
        sender.send(1)?;
        py.exec("assert receiver.recv() == 1; sender.send(2)")?;
        assert_eq!(receiver.recv()?, 2);
        assert_eq!(receiver.capacity(), 3);
        assert_eq!(py.eval::<usize>("ungil.channel()[0].capacity")?, 64);
        Ok(())
    }

    #[test]
    fn an_end_is_the_same_end_wherever_it_arrives() -> TestResult {
        let (sender, receiver) = channel::<Value>(1);
        let py = python()?;
        py.set("sender", &sender)?;
        py.set("again", &sender)?;
        py.set("other", &receiver)?;
        assert!(py.eval::<bool>("sender == again and hash(sender) == hash(again) and sender is not again")?);
        assert!(py.eval::<bool>("sender != other and other != 3")?);
        py.exec("sender.send({'reply to': [again]})\nassert other.recv() == {'reply to': [sender]}")?;
        Ok(())
    }

    #[test]
    fn a_host_function_takes_an_end() -> TestResult {
        let answer = |reply: Sender<String>| {
            reply
                .send("from the host".to_owned())
                .map_err(|error| error.to_string())
        };
        let py = Interpreter::builder().function("answer", answer).build()?;
        py.exec("import ungil; sender, receiver = ungil.channel(1); answer(sender)")?;
        assert_eq!(py.eval::<String>("receiver.recv()")?, "from the host");
        Ok(())
    }

    #[test]
    fn length_capacity_and_state_can_be_seen() -> TestResult {
        let py = python()?;
        py.exec(
            "
sender, receiver = ungil.channel(capacity=2)
assert (len(sender), receiver.capacity, sender.closed) == (0, 2, False)
assert sender and receiver, 'an empty end is true'
sender.send('x')
assert len(receiver) == 1
assert repr(sender) == '<ungil.Sender open, 1 of 2>'
receiver.close()
receiver.close()
assert sender.closed and receiver.closed
assert repr(receiver) == '<ungil.Receiver closed, 1 of 2>'
assert list(receiver) == ['x'], 'what was sent is still received'
",
        )?;
        Ok(())
    }

    #[test]
    fn what_cannot_be_done_now_raises() -> TestResult {
        let py = python()?;
        py.exec("sender, receiver = ungil.channel(1)")?;
        assert_eq!(raised(&py, "receiver.try_recv()").0, "ChannelEmpty");
        assert_eq!(raised(&py, "receiver.recv(timeout=0.001)").0, "TimeoutError");
        assert_eq!(raised(&py, "receiver.recv(0)").0, "TimeoutError");
        py.exec("sender.try_send(1)")?;
        assert_eq!(raised(&py, "sender.try_send(2)").0, "ChannelFull");
        assert_eq!(raised(&py, "sender.send(2, timeout=0.001)").0, "TimeoutError");
        py.exec("sender.close()")?;
        assert_eq!(raised(&py, "sender.send(2)").0, "ChannelClosed");
        assert_eq!(raised(&py, "sender.try_send(2)").0, "ChannelClosed");
        py.exec("assert receiver.recv() == 1")?;
        assert_eq!(raised(&py, "receiver.recv()").0, "ChannelClosed");
        assert_eq!(raised(&py, "receiver.try_recv()").0, "ChannelClosed");
        assert_eq!(raised(&py, "next(receiver)").0, "StopIteration");
        assert!(py.eval::<bool>("issubclass(ungil.ChannelClosed, Exception)")?);
        Ok(())
    }

    #[test]
    fn a_wrong_time_or_capacity_is_an_error_and_an_endless_time_is_none() -> TestResult {
        let py = python()?;
        py.exec("sender, receiver = ungil.channel(1)")?;
        for wrong in ["-1", "float('nan')"] {
            let (class, message) = raised(&py, &format!("receiver.recv(timeout={wrong})"));
            assert_eq!(class, "ValueError");
            assert!(message.contains("timeout must be"), "{message}");
        }
        assert_eq!(raised(&py, "receiver.recv('soon')").0, "TypeError");
        assert_eq!(raised(&py, "ungil.channel('many')").0, "TypeError");
        assert_eq!(raised(&py, "ungil.Sender()").0, "TypeError");
        py.exec("sender.send(1, timeout=float('inf')); receiver.recv(1e300)")?;
        Ok(())
    }

    #[test]
    fn a_value_that_does_not_cross_names_the_path_and_nothing_is_sent() -> TestResult {
        let py = python()?;
        py.exec("sender, receiver = ungil.channel(4)")?;
        let (class, message) = raised(&py, "sender.send([1, {'source': (n for n in ())}])");
        assert_eq!(class, "NotShareableError");
        assert!(message.starts_with("value[1]['source']: a generator"), "{message}");
        assert_eq!(raised(&py, "sender.try_send(open('/dev/null'))").0, "NotShareableError");
        assert_eq!(py.eval::<usize>("len(receiver)")?, 0);
        assert!(py.eval::<bool>("issubclass(ungil.ConversionError, TypeError)")?);
        py.exec("loop = [print]; loop.append(loop); sender.try_send(loop); got = receiver.recv()")?;
        assert!(py.eval::<bool>("got[1] is got and got is not loop and got[0] is print")?);
        Ok(())
    }

    #[test]
    fn an_end_is_a_context_manager_that_closes() -> TestResult {
        let (sender, receiver) = channel::<i64>(4);
        let py = python()?;
        py.set("numbers", sender)?;
        let failed = py.exec("with numbers as open:\n    open.send(1)\n    1 / 0");
        assert!(failed.is_err());
        assert_eq!(receiver.iter().collect::<Result<Vec<_>, _>>()?, [1]);
        Ok(())
    }

    #[test]
    fn pickling_an_end_says_what_to_do() -> TestResult {
        let py = python()?;
        let (class, message) = raised(&py, "import pickle; pickle.dumps(ungil.channel(1)[0])");
        assert_eq!(class, "TypeError");
        assert!(message.contains("through a channel"), "{message}");
        Ok(())
    }

    #[test]
    fn ends_can_be_written_in_annotations() -> TestResult {
        let py = python()?;
        py.exec("def work(orders: ungil.Receiver[int], bills: ungil.Sender[str]) -> None: pass")?;
        Ok(())
    }
}

mod ends_of_interpreters {
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
}

mod interrupting {
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
