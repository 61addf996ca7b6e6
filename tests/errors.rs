//! Errors are data, and look like Python's own.

use std::process::Command;

use ungil::{Error, Exception, Interpreter, Script, Task};

fn exception(source: &str) -> Exception {
    let py = Interpreter::new().unwrap();
    let error = py
        .spawn::<()>(Task::exec(source).filename("script.py"))
        .wait()
        .unwrap_err();
    error.as_exception().expect("a Python exception").clone()
}

#[test]
fn frames_have_file_line_function_and_source() {
    let exception = exception("def inner(x):\n    return 1 / x\n\ndef outer():\n    return inner(0)\n\nouter()");
    let frames: Vec<_> = exception
        .frames()
        .iter()
        .map(|frame| (frame.line, frame.function.as_str(), frame.source_line.as_deref()))
        .collect();
    assert_eq!(
        frames,
        [
            (7, "<module>", Some("outer()")),
            (5, "outer", Some("return inner(0)")),
            (2, "inner", Some("return 1 / x")),
        ]
    );
    assert!(exception.frames().iter().all(|frame| frame.file == "script.py"));
    assert!(exception.is_instance("ArithmeticError"));
    assert!(!exception.is_instance("ValueError"));
}

#[test]
fn causes_contexts_and_notes_are_kept() {
    let exception = exception(
        "try:\n    try:\n        {}['a']\n    except KeyError as e:\n        raise ValueError('second') from e\n\
         except ValueError as e:\n    e.add_note('look here')\n    third = TypeError('third')\n    raise third",
    );
    assert_eq!(exception.type_name(), "TypeError");
    let second = exception.context().unwrap();
    assert_eq!(
        (second.type_name(), second.notes()),
        ("ValueError", &["look here".to_owned()][..])
    );
    assert_eq!(second.cause().unwrap().type_name(), "KeyError");
    let text = exception.to_string();
    assert!(text.contains("The above exception was the direct cause of the following exception:"));
    assert!(text.contains("During handling of the above exception, another exception occurred:"));
    assert!(text.contains("ValueError: second\nlook here\n"), "{text}");
}

#[test]
fn classes_of_scripts_have_their_module_in_front() {
    let py = Interpreter::builder()
        .source("shop", "class OutOfStock(Exception): pass")
        .build()
        .unwrap();
    let error = py.exec("import shop\nraise shop.OutOfStock('tea')").unwrap_err();
    assert!(error.to_string().ends_with("shop.OutOfStock: tea"), "{error}");
    let error = py.exec("class Local(Exception): pass\nraise Local").unwrap_err();
    assert!(
        error.to_string().ends_with("\nLocal") || error.to_string().ends_with("\n__main__.Local"),
        "{error}"
    );
}

#[test]
fn groups_keep_their_members() {
    let exception = exception("raise ExceptionGroup('two of them', [ValueError('a'), KeyError('b')])");
    let members: Vec<_> = exception.exceptions().iter().map(Exception::type_name).collect();
    assert_eq!(members, ["ValueError", "KeyError"]);
    assert_eq!(exception.message(), "two of them (2 sub-exceptions)");
}

#[test]
fn a_failure_in_an_import_shows_the_module_and_not_the_machinery() {
    let py = Interpreter::builder().source("broken", "x = 1\n1 / 0").build().unwrap();
    let error = py.exec("import broken").unwrap_err();
    let frames: Vec<_> = error
        .as_exception()
        .unwrap()
        .frames()
        .iter()
        .map(|frame| (frame.file.clone(), frame.source_line.clone()))
        .collect();
    assert_eq!(frames.len(), 2, "{frames:?}");
    assert_eq!(frames[1], ("<memory:broken>".to_owned(), Some("1 / 0".to_owned())));
}

#[test]
fn syntax_errors_point_at_the_place() {
    let py = Interpreter::new().unwrap();
    for error in [
        py.spawn::<()>(Task::exec("x = 1\nif x\n    pass").filename("bad.py"))
            .wait()
            .unwrap_err(),
        Script::compile("x = 1\nif x\n    pass", "bad.py").unwrap_err(),
    ] {
        let exception = error.as_exception().unwrap();
        assert_eq!(exception.type_name(), "SyntaxError");
        let syntax = exception.syntax().unwrap();
        assert_eq!(
            (syntax.file.as_str(), syntax.line, syntax.text.as_deref()),
            ("bad.py", 2, Some("if x"))
        );
        let text = error.to_string();
        assert!(text.contains("  File \"bad.py\", line 2\n    if x\n"), "{text}");
        assert!(text.contains("^\nSyntaxError: "), "{text}");
        assert!(!error.is_incomplete());
    }
}

#[test]
fn incomplete_input_can_be_told_from_wrong_input() {
    let py = Interpreter::new().unwrap();
    for (source, incomplete) in [
        ("def f():", true),
        ("x = (1,", true),
        ("s = '''abc", true),
        ("if True:\n    x = 1\nelse:", true),
        ("x = ", false),
        ("1 +* 2", false),
        ("  x = 1", false),
    ] {
        let script = Script::compile(source, "<input>").unwrap_err();
        assert_eq!(script.is_incomplete(), incomplete, "Script {source:?}: {script}");
        let run = py.exec(source).unwrap_err();
        assert_eq!(run.is_incomplete(), incomplete, "exec {source:?}: {run}");
    }
}

#[test]
fn exits_carry_their_code() {
    let py = Interpreter::new().unwrap();
    for (source, code, message) in [
        ("raise SystemExit", 0, None),
        ("import sys; sys.exit(4)", 4, None),
        ("import sys; sys.exit('bye')", 1, Some("bye")),
        ("import sys; sys.exit(-1)", -1, None),
    ] {
        match py.exec(source).unwrap_err() {
            Error::Exit { code: c, message: m } => assert_eq!((c, m.as_deref()), (code, message), "{source}"),
            other => panic!("{source}: {other}"),
        }
    }
}

#[test]
fn an_exception_whose_str_raises_is_still_reported() {
    let exception = exception("class Bad(Exception):\n    def __str__(self): raise KeyError\nraise Bad");
    assert_eq!(exception.message(), "<exception str() failed>");
}

#[test]
fn a_loop_in_the_chain_of_exceptions_ends() {
    let exception =
        exception("a = ValueError('a')\nb = ValueError('b')\na.__context__ = b\nb.__context__ = a\nraise a");
    assert!(exception.to_string().contains("ValueError: b"));
}

/// Where a Python is installed, its traceback is the yardstick.
#[test]
fn tracebacks_read_as_pythons_own() {
    let scripts = [
        "def f():\n    raise ValueError('no')\nf()\n",
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError('k') from e\n",
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    [][1]\n",
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise ValueError('alone') from None\n",
        "def f(n): return f(n - 1) if n else 1 / 0\nf(20)\n",
        "e = ValueError('x')\ne.add_note('note one')\ne.add_note('note\\ntwo')\nraise e\n",
        "raise ExceptionGroup('g', [ValueError(1), ExceptionGroup('h', [KeyError('a'), TypeError('t')])])\n",
        "def f(x):\n    raise x\ntry:\n    f(ValueError('inner'))\nexcept ValueError as e:\n    raise ExceptionGroup('outer', [e, OSError('two')])\n",
    ];
    let folder = std::env::temp_dir().join(format!("ungil-tracebacks-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (number, script) in scripts.iter().enumerate() {
        let file = folder.join(format!("script{number}.py"));
        std::fs::write(&file, script).unwrap();
        let Ok(python) = Command::new("python3").arg(&file).output() else {
            continue;
        };
        // Newer Pythons underline the failing part; that has no place in data and is left out of the comparison.
        let expected: Vec<_> = String::from_utf8(python.stderr)
            .unwrap()
            .lines()
            .filter(|line| !line.contains('^') && !line.contains("~~"))
            .map(str::to_owned)
            .collect();
        let py = Interpreter::new().unwrap();
        let shown = py.run_file(&file).unwrap_err().to_string();
        let shown: Vec<_> = shown.lines().map(str::to_owned).collect();
        assert_eq!(shown, expected, "script {number}:\n{script}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
