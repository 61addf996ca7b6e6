//! Python objects held from Rust.

use std::thread;

use ungil::{Error, Interpreter, Value};

#[test]
fn a_callable_is_called_later_and_from_other_threads() {
    let py = Interpreter::new().unwrap();
    let join = py.eval_object("lambda *words, sep=' ': sep.join(words)").unwrap();
    let copies: Vec<_> = (0..4).map(|_| join.clone()).collect();
    let threads: Vec<_> = copies
        .into_iter()
        .map(|join| thread::spawn(move || join.call::<String>(("a", "b")).unwrap()))
        .collect();
    for handle in threads {
        assert_eq!(handle.join().unwrap(), "a b");
    }
}

#[test]
fn instances_keep_their_state() {
    let py = Interpreter::new().unwrap();
    py.exec("class Counter:\n    def __init__(self, n): self.n = n\n    def add(self, k):\n        self.n += k\n        return self.n")
        .unwrap();
    let counter = py.get_object("Counter").unwrap().call_object((40,)).unwrap();
    assert_eq!(counter.call_method::<i64>("add", (1,)).unwrap(), 41);
    counter.set("n", 50).unwrap();
    assert_eq!(counter.get::<i64>("n").unwrap(), 50);
    let add = counter.get_object("add").unwrap();
    assert_eq!(add.call::<i64>((5,)).unwrap(), 55);
    assert!(counter.repr().unwrap().contains("Counter object"));
    assert!(matches!(counter.extract::<Value>(), Err(Error::Conversion(_))));
    let missing = counter.get::<i64>("missing").unwrap_err();
    assert_eq!(missing.as_exception().unwrap().type_name(), "AttributeError");
}

#[test]
fn an_object_can_be_an_argument_at_home_and_not_abroad() {
    let home = Interpreter::new().unwrap();
    let abroad = Interpreter::new().unwrap();
    home.exec("thing = object()\ndef is_thing(x): return x is thing")
        .unwrap();
    abroad.exec("def look(x): pass").unwrap();
    let thing = home.get_object("thing").unwrap();
    assert!(home.call::<bool>("is_thing", (&thing,)).unwrap());
    let error = abroad.call::<()>("look", (&thing,)).unwrap_err();
    assert!(error.to_string().contains("another"), "{error}");
}

#[test]
fn the_object_lives_as_long_as_its_last_handle() {
    let (sender, receiver) = ungil::channel::<String>(4);
    let py = Interpreter::new().unwrap();
    py.set("tell", sender).unwrap();
    py.exec("class Noisy:\n    def __del__(self): tell.send('gone')")
        .unwrap();
    let one = py.eval_object("Noisy()").unwrap();
    let two = one.clone();
    drop(one);
    py.exec("pass").unwrap();
    assert!(receiver.is_empty());
    thread::spawn(move || drop(two)).join().unwrap();
    assert_eq!(receiver.recv().unwrap(), "gone");
}

#[test]
fn a_handle_says_when_its_interpreter_is_gone() {
    let py = Interpreter::new().unwrap();
    let function = py.eval_object("len").unwrap();
    py.close().unwrap();
    let error = function.call::<i64>(("abc",)).unwrap_err();
    assert!(matches!(error, Error::Closed { .. }), "{error}");
    drop(py);
    assert!(matches!(function.repr(), Err(Error::Closed { .. })));
}
