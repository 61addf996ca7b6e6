//! Errors and panics of host functions, as exceptions.

use super::*;

#[derive(Debug)]
struct Outer(std::num::ParseIntError);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such order")
    }
}

impl StdError for Outer {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

fn parse(text: &str) -> Result<u8, std::num::ParseIntError> {
    text.parse()
}

#[test]
fn any_error_type_is_raised_as_a_host_error() {
    let py = Interpreter::builder()
        .function("typed", |text: String| parse(&text))
        .function("sourced", |text: String| parse(&text).map_err(Outer))
        .function("boxed", |text: String| -> Result<u8, Box<dyn StdError + Send + Sync>> {
            Ok(parse(&text)?)
        })
        .function("local", |text: String| -> Result<u8, Box<dyn StdError>> {
            Ok(parse(&text)?)
        })
        .function("question", |text: String| -> Result<u8, HostError> {
            Ok(parse(&text)?)
        })
        .function("text", |text: String| parse(&text).map_err(|e| e.to_string()))
        .function("literal", |text: String| {
            parse(&text).map_err(|_| "invalid digit found in string")
        })
        .build()
        .unwrap();
    for name in ["typed", "boxed", "local", "question", "text", "literal"] {
        assert_eq!(py.eval::<u8>(format!("{name}('7')")).unwrap(), 7);
        let exception = raised(&py, &format!("{name}('x')"));
        assert_eq!(exception.full_name(), "ungil.HostError");
        assert!(exception.is_instance("RuntimeError"));
        assert_eq!(exception.message(), "invalid digit found in string", "{name}");
    }
    let exception = raised(&py, "sourced('x')");
    assert_eq!(exception.message(), "no such order");
    assert_eq!(exception.notes(), ["caused by: invalid digit found in string"]);
}

#[test]
fn the_host_chooses_the_class() {
    let py = Interpreter::builder()
        .function("fail", |class: String| -> Result<(), HostError> {
            Err(HostError::new(class, "no").note("ask again"))
        })
        .build()
        .unwrap();
    for class in [
        "ValueError",
        "KeyError",
        "FileNotFoundError",
        "json.JSONDecoder",
        "json.decoder.JSONDecodeError",
    ] {
        let exception = raised(&py, &format!("fail('{class}')"));
        match class {
            "json.JSONDecoder" => {
                // Not an exception class: the failure is raised all the same, and says so.
                assert_eq!(exception.type_name(), "HostError");
                assert_eq!(exception.message(), "no");
                assert!(exception.cause().unwrap().message().contains("not an exception class"));
            }
            // It wants more than a message.
            "json.decoder.JSONDecodeError" => assert_eq!(exception.type_name(), "TypeError"),
            _ => {
                assert_eq!(exception.type_name(), class);
                assert_eq!(exception.notes(), ["ask again"]);
            }
        }
    }
    for missing in ["NoSuchError", "no_such_module.Error"] {
        let exception = raised(&py, &format!("fail('{missing}')"));
        assert_eq!(exception.type_name(), "HostError");
        assert!(exception.cause().is_some());
    }
}

#[test]
fn an_exception_of_another_interpreter_is_raised_as_itself() {
    let worker = Interpreter::new().unwrap();
    let py = Interpreter::builder()
        .function("ask", move |source: String| worker.eval::<i64>(source))
        .build()
        .unwrap();
    assert_eq!(py.eval::<i64>("ask('6 * 7')").unwrap(), 42);
    assert_eq!(raised(&py, "ask('1 / 0')").type_name(), "ZeroDivisionError");
    assert_eq!(raised(&py, "ask('[][1]')").type_name(), "IndexError");
}

#[test]
fn a_result_that_cannot_cross_names_the_path() {
    struct Bad;
    impl Serialize for Bad {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("it is bad"))
        }
    }
    let py = Interpreter::builder().function("bad", || vec![Bad]).build().unwrap();
    assert_eq!(message(&py, "bad()"), "bad() result[0]: it is bad");
}

#[test]
fn a_panic_is_an_exception_and_nothing_else() {
    let py = Interpreter::builder()
        .function("boom", |n: i64| -> i64 {
            assert!(n >= 0, "negative: {n}");
            if n == 0 {
                panic!("zero");
            }
            n
        })
        .function("odd", || {
            if true {
                std::panic::panic_any(17)
            }
        })
        .build()
        .unwrap();
    let exception = raised(&py, "boom(-3)");
    assert_eq!(exception.full_name(), "ungil.HostPanic");
    assert!(exception.is_instance("RuntimeError"));
    assert_eq!(exception.message(), "boom() panicked: negative: -3");
    assert_eq!(message(&py, "boom(0)"), "boom() panicked: zero");
    assert!(message(&py, "odd()").starts_with("odd() panicked: "));
    py.exec(
        "
import ungil
caught = 0
for n in range(100):
    try:
        boom(0)
    except ungil.HostPanic:
        caught += 1
assert caught == 100 and boom(1) == 1
",
    )
    .unwrap();
}

#[test]
fn a_panic_while_an_argument_is_read_is_caught_too() {
    struct Picky;
    impl<'de> Deserialize<'de> for Picky {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            panic!("not today")
        }
    }
    let py = Interpreter::builder().function("f", |_: Picky| ()).build().unwrap();
    assert_eq!(message(&py, "f(1)"), "f() panicked: not today");
    assert_eq!(py.eval::<i64>("1 + 1").unwrap(), 2);
}

#[test]
fn a_traceback_shows_the_script_that_called() {
    let py = Interpreter::builder()
        .function("fail", || Err::<(), _>(HostError::new("ValueError", "no")))
        .build()
        .unwrap();
    let error = py.exec("def outer():\n    fail()\nouter()").unwrap_err();
    let frames = error.as_exception().unwrap().frames();
    assert_eq!(frames.last().unwrap().function, "outer");
    assert_eq!(frames.last().unwrap().line, 2);
}
