//! How a script calls what Rust offers.

use super::*;

#[test]
fn closures_of_zero_to_eight_arguments() {
    let offset = 100;
    let py = Interpreter::builder()
        .function("f0", move || offset)
        .function("f1", |a: i64| a)
        .function("f2", |a: i64, b: i64| a + b)
        .function("f3", |a: i64, b: i64, c: i64| a + b + c)
        .function("f4", |a: i64, b: i64, c: i64, d: i64| a + b + c + d)
        .function("f5", |a: i64, b: i64, c: i64, d: i64, e: i64| a + b + c + d + e)
        .function("f6", |a: i64, b: i64, c: i64, d: i64, e: i64, f: i64| {
            a + b + c + d + e + f
        })
        .function("f7", |a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64| {
            a + b + c + d + e + f + g
        })
        .function(
            "f8",
            |a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64| a + b + c + d + e + f + g + h,
        )
        .build()
        .unwrap();
    assert_eq!(py.eval::<i64>("f0()").unwrap(), 100);
    for count in 1..=8_i64 {
        let list = (1..=count).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
        let sum = py.eval::<i64>(format!("f{count}({list})")).unwrap();
        assert_eq!(sum, count * (count + 1) / 2);
    }
}

#[test]
fn plain_functions_and_nothing_returned() {
    fn shout(text: String) -> String {
        text.to_uppercase()
    }
    let py = Interpreter::builder()
        .function("shout", shout)
        .function("ignore", |_: Value| ())
        .build()
        .unwrap();
    assert_eq!(py.eval::<String>("shout('hey')").unwrap(), "HEY");
    assert!(py.eval::<bool>("ignore([1, {2}]) is None").unwrap());
}

#[test]
fn structs_go_in_and_out() {
    #[derive(Serialize, Deserialize)]
    struct Order {
        id: u32,
        items: Vec<(String, f64)>,
        note: Option<String>,
    }
    let py = Interpreter::builder()
        .function("total", |order: Order| {
            order.items.iter().map(|(_, price)| price).sum::<f64>()
        })
        .function("sample", || Order {
            id: 7,
            items: vec![("tea".to_owned(), 2.5)],
            note: None,
        })
        .build()
        .unwrap();
    assert_eq!(
        py.eval::<f64>("total({'id': 1, 'items': [('a', 1.5), ('b', 2)]})")
            .unwrap(),
        3.5
    );
    assert_eq!(
        py.eval::<Value>("sample()").unwrap().to_string(),
        "{'id': 7, 'items': [('tea', 2.5)], 'note': None}"
    );
}

#[test]
fn an_argument_that_python_ignores_can_be_optional_in_rust() {
    let py = with(HostFunction::new("f", |x: Option<i64>| x.map_or(-1, |x| x * 2)));
    assert_eq!(py.eval::<(i64, i64)>("(f(None), f(4))").unwrap(), (-1, 8));
}

#[test]
fn one_function_counts_for_all_interpreters() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = calls.clone();
    let builder = Interpreter::builder().function("tick", move || counter.fetch_add(1, Ordering::Relaxed));
    let interpreters: Vec<Interpreter> = (0..3).map(|_| builder.clone().build().unwrap()).collect();
    let jobs: Vec<_> = interpreters
        .iter()
        .map(|py| py.spawn::<()>(ungil::Task::exec("for _ in range(500): tick()")))
        .collect();
    for job in jobs {
        job.wait().unwrap();
    }
    assert_eq!(calls.load(Ordering::Relaxed), 1500);
}

#[test]
fn python_sees_an_ordinary_callable() {
    let py = with(
        HostFunction::new("tax", |amount: f64, rate: f64| amount * rate)
            .arg("amount")
            .arg_default("rate", 0.2)
            .doc("The tax on an amount."),
    );
    py.exec(
        "
import functools, inspect
assert callable(tax)
assert tax.__name__ == tax.__qualname__ == 'tax'
assert tax.__doc__ == 'The tax on an amount.'
assert repr(tax) == '<host function tax>'
assert str(inspect.signature(tax)) == '(amount, rate=0.2)'
assert list(map(tax, [10.0, 20.0])) == [2.0, 4.0]
assert functools.partial(tax, rate=0.5)(10) == 5.0
assert sorted([3.0, 1.0], key=tax) == [1.0, 3.0]
assert tax == tax and hash(tax) == hash(tax)
class Shop:
    levy = tax
assert Shop().levy(10.0) == 2.0     # as a builtin: no self
",
    )
    .unwrap();
}

#[test]
fn a_host_function_is_itself_a_value() {
    let py = with(HostFunction::new("double", |x: i64| x * 2));
    let other = Interpreter::new().unwrap();
    let double: HostFunction = py.eval("double").unwrap();
    other.set("twice", &double).unwrap();
    assert_eq!(other.eval::<i64>("twice(21)").unwrap(), 42);
    assert!(py.call::<bool>("builtins.callable", (double,)).unwrap());
}
