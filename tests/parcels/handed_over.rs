//! What goes by reference, and what Rust takes.

use ungil::{Interpreter, RecvError, Task, Value, channel, raw_channel};

use super::harness::Pair;

#[test]
fn ends_of_channels_are_the_same_ends_inside_anything() {
    let pair = Pair::new(
        "
class Worker:
    def __init__(self, channel): self.sender, self.receiver = channel
    def work(self): self.sender.send(self.receiver.capacity)
worker = Worker(ungil.channel(3))
many = _ungil.unbounded_channel()
assert many[0].capacity is None and 'open' in repr(many[1])
",
    );
    pair.ship("worker, many");
    pair.there("got[0].work()\nfor i in range(1000): got[1][0].send(i)");
    pair.here("assert worker.receiver.recv(timeout=30) == 3 and len(many[1]) == 1000");
    pair.ship_home("got[0]");
    pair.here("assert returned.sender == worker.sender and hash(returned.sender) == hash(worker.sender)");
}

#[test]
fn rust_takes_plain_data_out_of_a_parcel() {
    let (sender, receiver) = channel::<Vec<(String, Value)>>(8);
    let py = Interpreter::new().unwrap();
    py.set("sender", sender).unwrap();
    py.exec(
        "
import datetime
shared = [1]
sender.send([('a', {'x': shared, 'y': shared}), ('b', {1, 2}), ('c', (datetime.date(2024, 1, 2), b'z', 2 ** 70))])
",
    )
    .unwrap();
    let received = receiver.recv().unwrap();
    assert_eq!(received[0].1.to_string(), "{'x': [1], 'y': [1]}");
    assert_eq!(received[1].1, Value::set([1, 2]));
    assert_eq!(received[2].1.as_slice().unwrap().len(), 3);
}

#[test]
fn rust_is_told_what_is_not_data_and_can_pass_it_on() {
    let (sender, receiver) = raw_channel(8);
    let py = Interpreter::new().unwrap();
    py.set("sender", sender).unwrap();
    py.exec(
        "
class Point:
    def __init__(self, x): self.x = x
loop = [1]
loop.append({'self': loop})
sender.send({'points': [0, Point(5)]})
sender.send(loop)
sender.send([{'k': {len: 1}}, 'unreached'])
",
    )
    .unwrap();
    let mut errors = Vec::new();
    let mut values = Vec::new();
    for _ in 0..3 {
        match receiver.recv() {
            Err(RecvError::Conversion { value, error }) => {
                errors.push(error.to_string());
                values.push(value);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(errors[0].starts_with(r#"value["points"][1]: "#), "{}", errors[0]);
    assert!(
        errors[1].starts_with(r#"value[1]["self"]: "#) && errors[1].contains("itself"),
        "{}",
        errors[1]
    );
    assert!(errors[2].starts_with(r#"value[0]["k"].keys(): "#), "{}", errors[2]);

    let other = Interpreter::new().unwrap();
    other.set("parcel", values.remove(0)).unwrap();
    assert_eq!(other.eval::<i64>("parcel.open()['points'][1].x").unwrap(), 5);
}

#[test]
fn what_was_deeper_than_data_may_be_is_an_error_for_rust() {
    let (sender, receiver) = raw_channel(2);
    let py = Interpreter::new().unwrap();
    py.set("sender", sender).unwrap();
    py.spawn::<()>(Task::exec(
        "deep = []\nfor _ in range(100_000): deep = [deep]\nsender.send(deep)",
    ))
    .wait()
    .unwrap();
    let error = receiver.recv().unwrap_err();
    assert!(error.to_string().contains("nested deeper than"), "{error}");
}
