//! Channels between Rust and scripts, and between scripts.

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
