//! The status that the process ends with.

use crate::harness::{self, Folder, code, run, run_in, ungil};
use crate::last_error;

#[test]
fn is_0_when_the_script_ends() {
    let outcome = code("print('hello')");
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), "hello\n"));
    assert_eq!(outcome.stderr, "");
}

#[test]
fn is_1_for_an_exception_that_nobody_catches() {
    let outcome = code("raise KeyError('k')");
    assert_eq!(outcome.status, Some(1));
    assert_eq!(last_error(&outcome), "KeyError: 'k'");
}

#[test]
fn is_the_number_given_to_sys_exit() {
    for (argument, status) in [
        ("", 0),
        ("None", 0),
        ("0", 0),
        ("3", 3),
        ("True", 1),
        ("-1", 255),
        ("300", 44),
    ] {
        let outcome = code(&format!("import sys; sys.exit({argument})"));
        assert_eq!(outcome.status, Some(status), "sys.exit({argument})");
        assert_eq!(outcome.stderr, "");
    }
}

#[test]
fn is_1_for_a_text_given_to_sys_exit_which_goes_to_stderr() {
    let outcome = code("import sys; sys.exit('no such order')");
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(1), "no such order\n"));
}

#[test]
fn is_2_with_pythons_message_for_a_missing_file() {
    let folder = Folder::new();
    let outcome = run_in(&folder, &["gone.py"]);
    assert_eq!(outcome.status, Some(2));
    if cfg!(unix) {
        let path = folder.path("gone.py");
        let message = format!(
            "ungil: can't open file '{}': [Errno 2] No such file or directory\n",
            path.display()
        );
        assert_eq!(outcome.stderr, message);
    }
}

#[test]
fn is_2_for_options_that_are_not_understood() {
    for line in [&["--unknown"][..], &["-c"], &["-m"], &["--path"], &["-Z", "x.py"]] {
        let outcome = run(line);
        assert_eq!(outcome.status, Some(2), "{line:?}");
        assert!(outcome.stderr.contains("try '--help'"), "{}", outcome.stderr);
    }
}

#[test]
fn is_what_os_exit_says_at_once() {
    let outcome = code("import atexit, os; atexit.register(print, 'never'); os._exit(9)");
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(9), ""));
}

#[test]
#[cfg(target_os = "linux")]
fn is_120_when_the_last_output_cannot_be_written() {
    let mut command = ungil();
    command.args(["-c", "print('x')"]);
    command.stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let outcome = harness::finish(command, b"");
    assert_eq!(outcome.status, Some(120));
    assert_eq!(
        outcome.stderr.matches("No space left on device").count(),
        1,
        "{}",
        outcome.stderr
    );
}

#[test]
#[cfg(unix)]
fn is_120_after_output_into_a_closed_pipe() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = ungil();
    command.args(["-c", "print('x' * 100_000)"]).stdout(writer);
    let outcome = harness::finish(command, b"");
    assert_eq!(outcome.status, Some(120));
    assert!(
        outcome.stderr.contains("BrokenPipeError: [Errno 32] Broken pipe"),
        "{}",
        outcome.stderr
    );
}
