//! Where standard streams lead.

use std::sync::{Arc, Mutex};

use ungil::{Input, Interpreter, Output};

#[test]
fn captured_output_is_there_when_the_job_is_done() {
    let py = Interpreter::builder()
        .stdout(Output::Capture)
        .stderr(Output::Capture)
        .build()
        .unwrap();
    py.exec("import sys\nprint('grüße', end='', flush=True)\nsys.stdout.buffer.write(b'\\xff')\nprint('oh', file=sys.stderr)")
        .unwrap();
    assert_eq!(py.take_stdout(), "grüße".bytes().chain([0xff]).collect::<Vec<u8>>());
    assert_eq!(py.take_stderr(), b"oh\n");
    assert!(py.take_stdout().is_empty(), "taken is taken");
}

#[test]
fn what_was_printed_before_an_error_is_not_lost() {
    let py = Interpreter::builder().stdout(Output::Capture).build().unwrap();
    py.exec("print('before', end='')\n1 / 0").unwrap_err();
    assert_eq!(py.take_stdout(), b"before");
}

#[test]
fn a_callback_gets_the_bytes() {
    let written = Arc::new(Mutex::new(Vec::new()));
    let copy = written.clone();
    let py = Interpreter::builder()
        .stdout(Output::callback(move |bytes| {
            copy.lock().unwrap().extend_from_slice(bytes)
        }))
        .build()
        .unwrap();
    py.exec("for n in range(1000): print(n)").unwrap();
    let expected: String = (0..1000).map(|n| format!("{n}\n")).collect();
    assert_eq!(String::from_utf8(written.lock().unwrap().clone()).unwrap(), expected);
}

#[test]
fn discarded_output_goes_nowhere() {
    let py = Interpreter::builder().stdout(Output::Discard).build().unwrap();
    py.exec("print('x' * 100000)").unwrap();
    assert!(py.take_stdout().is_empty());
}

#[test]
fn stdin_is_empty_or_what_was_given() {
    let py = Interpreter::builder().stdin(Input::Empty).build().unwrap();
    let error = py.exec("input()").unwrap_err();
    assert_eq!(error.as_exception().unwrap().type_name(), "EOFError");
    let py = Interpreter::builder()
        .stdin(Input::bytes(&b"one\ntwo\n"[..]))
        .stdout(Output::Discard)
        .build()
        .unwrap();
    py.exec("import sys\nlines = [input(), sys.stdin.read()]").unwrap();
    assert_eq!(py.get::<Vec<String>>("lines").unwrap(), ["one", "two\n"]);
}

#[test]
fn output_of_two_interpreters_is_kept_apart() {
    let make = || Interpreter::builder().stdout(Output::Capture).build().unwrap();
    let (a, b) = (make(), make());
    a.exec("print('a')").unwrap();
    b.exec("print('b')").unwrap();
    assert_eq!((a.take_stdout(), b.take_stdout()), (b"a\n".to_vec(), b"b\n".to_vec()));
}
