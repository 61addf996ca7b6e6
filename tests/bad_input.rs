//! Bad input gives a clear error, and the interpreter goes on where the error says so.

use std::fs;

use ungil::{Error, Interpreter, Output, Script, Task, Value};

fn interpreter() -> Interpreter {
    Interpreter::builder().stderr(Output::Discard).build().unwrap()
}

/// The exception's type and message; the interpreter must be usable, and really is.
fn refused(py: &Interpreter, result: ungil::Result<()>) -> (String, String) {
    let error = result.expect_err("it is refused");
    assert!(error.interpreter_usable(), "{error}");
    assert_eq!(py.eval::<i64>("20 + 22").unwrap(), 42);
    match error {
        Error::Exception(exception) => (exception.type_name().to_owned(), exception.message().to_owned()),
        other => (String::new(), other.to_string()),
    }
}

#[test]
fn source_with_nul_bytes() {
    let py = interpreter();
    let (kind, message) = refused(&py, py.exec("x = 1\0"));
    assert_eq!(kind, "SyntaxError");
    assert!(message.contains("null bytes"), "{message}");
    let error = Script::compile("x = 1\0", "x.py").unwrap_err();
    assert_eq!(error.as_exception().unwrap().type_name(), "SyntaxError");
}

#[test]
fn a_file_that_is_not_utf8() {
    let py = interpreter();
    let file = std::env::temp_dir().join(format!("ungil-bad-utf8-{}.py", std::process::id()));
    fs::write(&file, b"x = '\xff\xfe'\n").unwrap();
    let (kind, message) = refused(&py, py.run_file(&file));
    fs::remove_file(&file).unwrap();
    assert_eq!(kind, "SyntaxError");
    assert!(message.to_lowercase().contains("utf-8"), "{message}");
}

#[test]
fn a_file_that_is_not_there() {
    let py = interpreter();
    let error = py.run_file("/no/such/file.py").unwrap_err();
    assert!(matches!(&error, Error::Io { path, .. } if path.ends_with("file.py")));
    assert!(error.to_string().contains("/no/such/file.py"), "{error}");
    assert!(error.interpreter_usable());
}

#[test]
fn ten_megabytes_of_nested_brackets() {
    let source = "(".repeat(5 << 20) + &")".repeat(5 << 20);
    let py = interpreter();
    let (kind, message) = refused(&py, py.exec(source.as_str()));
    assert!(
        ["SyntaxError", "RecursionError", "MemoryError"].contains(&kind.as_str()),
        "{kind}: {message}"
    );
    assert!(Script::compile(source, "deep.py").is_err());
}

#[test]
fn deep_nesting_of_each_kind_compiles_or_is_refused() {
    let py = interpreter();
    let nested = |open: &str, inner: &str, close: &str| open.repeat(20_000) + inner + &close.repeat(20_000);
    let sources = [
        nested("[", "", "]"),
        nested("-", "1", ""),
        nested("not ", "x", ""),
        nested("x if x else ", "x", ""),
        nested("lambda: ", "x", ""),
        nested("f(", "x", ")"),
        nested("{1: ", "2", "}"),
        nested("x.", "y", ""),
        nested("1 + ", "1", ""),
        nested("1 ** ", "1", ""),
        nested("a = ", "1", ""),
    ];
    for source in sources {
        // Compiling alone: no panic, no overflow; the verdict is the compiler's.
        let _ = Script::compile(source.as_str(), "deep.py");
        let _ = py.exec(format!("def never():\n    {source}"));
        assert_eq!(py.eval::<i64>("20 + 22").unwrap(), 42);
    }
}

#[test]
fn recursion_without_end() {
    let py = interpreter();
    for source in [
        "def f(): f()\nf()",
        "class A:\n    def __repr__(self): return repr(self)\nrepr(A())",
        "class A:\n    def __getattr__(self, name): return getattr(self, name)\nA().x",
        "class A:\n    def __add__(self, other): return self + other\nA() + 1",
    ] {
        let (kind, message) = refused(&py, py.exec(source));
        assert_eq!(kind, "RecursionError", "{source}: {message}");
    }
}

#[test]
fn a_list_nested_a_hundred_thousand_deep_is_printed_compared_and_freed() {
    let py = interpreter();
    py.exec("x = []\nfor _ in range(100000): x = [x]").unwrap();
    for source in ["repr(x)", "x == [[x]]", "del x"] {
        // Whether the stack is deep enough is not the point: the answer is a result or a RecursionError.
        if let Err(error) = py.exec(source) {
            assert_eq!(
                error.as_exception().unwrap().type_name(),
                "RecursionError",
                "{source}: {error}"
            );
        }
        assert_eq!(py.eval::<i64>("20 + 22").unwrap(), 42);
    }
}

#[test]
fn a_function_that_does_not_exist() {
    let py = interpreter();
    let (kind, message) = refused(&py, py.call("nothing", ()));
    assert_eq!(
        (kind.as_str(), message.as_str()),
        ("NameError", "name 'nothing' is not defined")
    );
    let (kind, _) = refused(&py, py.call("math.nothing", (1,)));
    assert_eq!(kind, "AttributeError");
    let (kind, _) = refused(&py, py.call("no_such_module.f", ()));
    assert_eq!(kind, "ModuleNotFoundError");
    let (kind, _) = refused(&py, py.call("", ()));
    assert_eq!(kind, "NameError");
}

#[test]
fn wrong_counts_and_types_of_arguments() {
    let py = Interpreter::builder()
        .function("area", |width: f64, height: f64| width * height)
        .build()
        .unwrap();
    py.exec("def double(x): return x * 2").unwrap();
    let (kind, message) = refused(&py, py.call("double", ()));
    assert_eq!(kind, "TypeError", "{message}");
    let (kind, message) = refused(&py, py.exec("area(1)"));
    assert_eq!(kind, "TypeError");
    assert!(message.contains("area()"), "{message}");
    let (kind, message) = refused(&py, py.exec("area(1, 'two')"));
    assert!(kind == "TypeError" || kind == "ConversionError", "{kind}");
    assert!(message.contains("args[1]") || message.contains("argument"), "{message}");
    let (kind, _) = refused(&py, py.spawn(Task::call("double").args((1,)).kwarg("nope", 2)).wait());
    assert_eq!(kind, "TypeError");
}

#[test]
fn a_result_of_another_type_than_asked_for() {
    let py = interpreter();
    let error = py.eval::<i64>("'text'").unwrap_err();
    assert!(
        matches!(&error, Error::Conversion(e) if e.path() == "result"),
        "{error}"
    );
    assert!(error.interpreter_usable());
}

#[test]
fn what_cannot_cross_is_named_by_its_path() {
    let py = interpreter();
    let path = |source: &str| match py.eval::<Value>(source).unwrap_err() {
        Error::Conversion(error) => error.path(),
        other => panic!("{other}"),
    };
    assert_eq!(path("lambda: 1"), "result");
    assert_eq!(path("[1, {'x': print}]"), "result[1][\"x\"]");
    assert_eq!(path("{1: (2, object())}"), "result[1][1]");
    assert_eq!(path("{object()}"), "result{…}");
    assert_eq!(path("{object(): 1}"), "result.keys()");
    assert_eq!(path("['\\ud800']"), "result[0]");
}

#[test]
fn a_value_too_deep_or_cyclic() {
    let py = interpreter();
    let too_deep = "x = []\nfor _ in range(100000): x = [x]";
    py.exec(too_deep).unwrap();
    let error = py.eval::<Value>("x").unwrap_err();
    assert!(matches!(error, Error::Conversion(_)), "{error}");
    py.exec("loop = []\nloop.append(loop)").unwrap();
    let error = py.eval::<Value>("loop").unwrap_err();
    assert!(matches!(error, Error::Conversion(_)), "{error}");
    let mut deep = Value::None;
    for _ in 0..10_000 {
        deep = Value::List(vec![deep]);
    }
    assert!(matches!(py.call::<()>("len", (&deep,)), Err(Error::Conversion(_))));
    std::mem::forget(deep);
    assert_eq!(py.eval::<i64>("1").unwrap(), 1);
}

#[test]
fn unhashable_keys_from_rust() {
    let py = interpreter();
    let value = Value::Dict(vec![(Value::List(vec![]), Value::None)]);
    let (kind, _) = refused(&py, py.set("x", value));
    assert_eq!(kind, "TypeError");
}

#[test]
fn builder_settings_that_cannot_work() {
    let error = Interpreter::builder().stack_size(1).build().unwrap_err();
    assert!(error.to_string().contains("stack"), "{error}");
    let error = Interpreter::builder()
        .working_dir("/no/such/folder")
        .build()
        .unwrap_err();
    assert!(matches!(error, Error::Io { .. } | Error::Config { .. }), "{error}");
}

#[test]
fn calling_ones_own_interpreter_is_an_error_and_not_a_deadlock() {
    let slot: std::sync::Arc<std::sync::OnceLock<Interpreter>> = Default::default();
    let seen = slot.clone();
    let py = Interpreter::builder()
        .function("inner", move || {
            let py = seen.get().unwrap();
            matches!(py.eval::<i64>("1"), Err(Error::Reentrant { .. }))
                && matches!(py.close(), Err(Error::Reentrant { .. }))
        })
        .build()
        .unwrap();
    slot.set(py.clone()).unwrap();
    assert!(py.eval::<bool>("inner()").unwrap());
}

#[test]
fn a_panic_inside_the_vm_retires_the_interpreter_and_only_that() {
    let py = interpreter();
    let other = interpreter();
    let error = py.with(|_| -> () { panic!("on purpose") }).unwrap_err();
    assert!(
        matches!(&error, Error::Panicked { message, .. } if message == "on purpose"),
        "{error}"
    );
    assert!(!error.interpreter_usable());
    let error = py.eval::<i64>("1").unwrap_err();
    assert!(matches!(error, Error::Closed { .. }), "{error}");
    py.close().unwrap();
    assert_eq!(other.eval::<i64>("1").unwrap(), 1);
}
