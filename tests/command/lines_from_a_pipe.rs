//! The prompt, when lines come from a pipe and not from a terminal.

use crate::harness::{self, Outcome, ungil};

fn session(options: &[&str], input: &str) -> Outcome {
    let mut command = ungil();
    command.args(options);
    harness::finish(command, input.as_bytes())
}

#[test]
fn are_run_one_by_one_and_values_are_shown() {
    let outcome = session(&["-i", "-q"], "1 + 1\nNone\n_ * 21\n'text'\n");
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), "2\n42\n'text'\n"));
}

#[test]
fn can_make_blocks_that_an_empty_line_ends() {
    let outcome = session(
        &["-iq"],
        "def f(n):\n    if n:\n        return 'yes'\n\nf(1)\nfor x in 1, 2: print(x)\n\n",
    );
    assert_eq!(outcome.stdout, "'yes'\n1\n2\n");
}

#[test]
fn can_leave_brackets_and_strings_open() {
    let outcome = session(&["-iq"], "[1,\n2,\n\n3]\n'''a\nb'''\n");
    assert_eq!(outcome.stdout, "[1, 2, 3]\n'a\\nb'\n");
}

#[test]
fn may_end_inside_a_block() {
    assert_eq!(session(&["-iq"], "if 1:\n  print('in')").stdout, "in\n");
    assert!(session(&["-iq"], "f(").stderr.contains("SyntaxError"));
}

#[test]
fn go_on_after_an_exception() {
    let outcome = session(&["-iq"], "1 / 0\ndef def\nimport sys; sys.last_exc\n");
    assert!(
        outcome.stderr.contains("ZeroDivisionError: division by zero"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stderr.contains("1 / 0\n"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("SyntaxError: "), "{}", outcome.stderr);
    assert!(outcome.stdout.starts_with("SyntaxError("), "{}", outcome.stdout);
}

#[test]
fn follow_a_script_whose_names_they_see_also_if_it_failed() {
    assert_eq!(session(&["-i", "-c", "x = 5"], "x\n").stdout, "5\n");
    let outcome = session(&["-i", "-c", "x = 6; raise SystemExit(3)"], "x\n");
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), "6\n"));
    assert!(outcome.stderr.contains("SystemExit: 3"), "{}", outcome.stderr);
}

#[test]
fn share_standard_input_with_what_they_run() {
    assert_eq!(session(&["-iq"], "x = input()\nfirst\nx\n").stdout, "'first'\n");
}

#[test]
fn end_with_exit_and_its_status() {
    assert_eq!(session(&["-iq"], "exit(5)\nprint('never')\n").status, Some(5));
    assert_eq!(session(&["-iq"], "quit()\n").status, Some(0));
}

#[test]
fn are_greeted_with_the_versions_unless_that_is_switched_off() {
    let greeting = format!("ungil {}", env!("CARGO_PKG_VERSION"));
    assert!(session(&["-i"], "").stderr.starts_with(&greeting));
    assert!(!session(&["-i", "-q"], "").stderr.contains(&greeting));
}
