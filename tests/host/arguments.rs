//! What arguments a host function takes, and what it says of others.

use super::*;

fn py() -> Interpreter {
    Interpreter::builder()
        .host_function(HostFunction::new("plain", |a: i64| a))
        .host_function(
            HostFunction::new("tax", |amount: f64, rate: f64| amount * rate)
                .arg("amount")
                .arg_default("rate", 0.2),
        )
        .host_function(
            HostFunction::new("three", |a: i64, b: i64, c: i64| (a, b, c))
                .arg("a")
                .arg("b")
                .arg("c"),
        )
        .host_function(
            HostFunction::new("find", |what: String, limit: u32, exact: bool| (what, limit, exact))
                .arg("what")
                .keyword_only("limit")
                .keyword_only_default("exact", false),
        )
        .build()
        .unwrap()
}

#[test]
fn names_and_defaults_work_as_in_python() {
    let py = py();
    for source in [
        "tax(10.0)",
        "tax(amount=10.0)",
        "tax(10.0, 0.2)",
        "tax(rate=0.2, amount=10)",
        "tax(*[10], **{})",
    ] {
        assert_eq!(py.eval::<f64>(source).unwrap(), 2.0, "{source}");
    }
    assert_eq!(
        py.eval::<(String, u32, bool)>("find('x', limit=3)").unwrap(),
        ("x".to_owned(), 3, false)
    );
    assert_eq!(
        py.eval::<(String, u32, bool)>("find(exact=True, limit=3, what='x')")
            .unwrap(),
        ("x".to_owned(), 3, true)
    );
}

#[test]
fn wrong_calls_are_worded_as_python_words_them() {
    let py = py();
    let cases = [
        ("plain()", "plain() takes 1 positional argument but 0 were given"),
        ("plain(1, 2)", "plain() takes 1 positional argument but 2 were given"),
        ("plain(1, x=2)", "plain() got an unexpected keyword argument 'x'"),
        ("plain(a=2)", "plain() got an unexpected keyword argument 'a'"),
        ("tax()", "tax() missing 1 required positional argument: 'amount'"),
        (
            "tax(1, 2, 3)",
            "tax() takes from 1 to 2 positional arguments but 3 were given",
        ),
        ("tax(1, amount=2)", "tax() got multiple values for argument 'amount'"),
        ("tax(1, ratio=2)", "tax() got an unexpected keyword argument 'ratio'"),
        (
            "three(b=1)",
            "three() missing 2 required positional arguments: 'a' and 'c'",
        ),
        (
            "three()",
            "three() missing 3 required positional arguments: 'a', 'b', and 'c'",
        ),
        ("find('x')", "find() missing 1 required keyword-only argument: 'limit'"),
        ("find('x', 1)", "find() takes 1 positional argument but 2 were given"),
        (
            "find('x', 1, limit=1)",
            "find() takes 1 positional argument but 2 positional arguments (and 1 keyword-only argument) were given",
        ),
    ];
    for (source, expected) in cases {
        let exception = raised(&py, source);
        assert_eq!(exception.type_name(), "TypeError", "{source}");
        assert_eq!(exception.message(), expected, "{source}");
    }
}

#[test]
fn a_wrong_type_names_the_argument_and_the_path() {
    let py = Interpreter::builder()
        .host_function(HostFunction::new("sum", |prices: Vec<f64>| prices.iter().sum::<f64>()).arg("prices"))
        .function("plain", |_: i64, _: i64| ())
        .build()
        .unwrap();
    let exception = raised(&py, "sum([1.0, 'x'])");
    assert!(exception.is_instance("TypeError"));
    let text = exception.message();
    assert!(
        text.starts_with("sum() argument 'prices' (args[0][1]): expected float"),
        "{text}"
    );
    assert!(text.contains("found str"), "{text}");
    assert!(message(&py, "sum(prices=[None])").starts_with("sum() argument 'prices' (kwargs[\"prices\"][0]): "));
    assert!(message(&py, "plain(1, 2.5)").starts_with("plain() argument 2 (args[1]): expected int"));
}

#[test]
fn what_is_not_data_names_the_argument_and_the_path() {
    let py = py();
    let text = message(&py, "plain([{'x': print}])");
    assert!(text.starts_with("plain() argument 1 (args[0][0][\"x\"]): "), "{text}");
}

#[test]
fn a_failing_conversion_leaves_the_interpreter_usable() {
    let py = py();
    for _ in 0..3 {
        raised(&py, "plain('x')");
        assert_eq!(py.eval::<i64>("plain(3)").unwrap(), 3);
    }
}

fn problem(function: HostFunction) -> String {
    match Interpreter::builder().host_function(function).build() {
        Err(Error::Config { message }) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn declarations_that_cannot_work_are_reported_when_the_interpreter_is_built() {
    let two = || HostFunction::new("two", |a: i64, b: i64| a + b);
    assert_eq!(
        problem(two().arg("a")),
        "host function two(): its Rust function takes 2 arguments, but 1 is declared; declare all or none"
    );
    assert!(problem(two().arg("a").arg("a")).contains("declared twice"));
    assert!(problem(two().arg_default("a", 1).arg("b")).contains("follows one that has a default"));
    assert!(problem(two().keyword_only("a").arg("b")).contains("follows a keyword-only one"));
    assert!(problem(two().arg("a").arg("b c")).contains("not a name"));
}
