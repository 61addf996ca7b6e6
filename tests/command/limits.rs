//! What a program may use, said on the command line.

use crate::harness::run;
use crate::last_error;

#[test]
fn a_timeout_ends_a_program_that_would_not_end() {
    let outcome = run(&["--timeout", "0.2", "-c", "while True: pass"]);
    assert_eq!(outcome.status, Some(1));
    assert!(
        last_error(&outcome).ends_with("DeadlineExceeded: more than 200ms of wall time"),
        "{outcome:?}"
    );
    for long in ["60", "1.8e19"] {
        let outcome = run(&["--timeout", long, "-c", "print('in time')"]);
        assert_eq!(
            (outcome.status, outcome.stdout.as_str()),
            (Some(0), "in time\n"),
            "{long}"
        );
    }
}

#[test]
fn a_list_that_outgrows_the_memory_ends_the_program_with_a_traceback() {
    let outcome = run(&["--memory", "50M", "-c", "x = []\nwhile True: x.append(None)"]);
    assert_eq!(outcome.status, Some(1), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("ungil.LimitExceeded"), "{}", outcome.stderr);
}

#[test]
fn memory_is_limited() {
    let outcome = run(&[
        "--memory",
        "60M",
        "-c",
        "grow = []\nwhile True: grow.append(bytes(10000))",
    ]);
    assert_eq!(outcome.status, Some(1));
    assert!(
        last_error(&outcome).starts_with("MemoryError: the interpreter's 62914560 bytes"),
        "{outcome:?}"
    );
}

#[test]
fn a_worker_that_takes_too_much_memory_says_so() {
    let program = "
import multiprocessing

def grow():
    taken = []
    while True: taken.append(bytes(10000))

process = multiprocessing.Process(target=grow)
process.start()
process.join()
print(process.exitcode)
";
    let outcome = run(&["--memory", "60M", "-c", program]);
    assert_eq!(outcome.stdout, "1\n", "{}", outcome.stderr);
    assert!(
        last_error(&outcome).starts_with("MemoryError: the interpreter's 62914560 bytes"),
        "{outcome:?}"
    );
}

#[test]
fn output_is_limited() {
    let outcome = run(&["--max-output", "1K", "-c", "while True: print('flood')"]);
    assert_eq!(outcome.status, Some(1));
    // What is in a buffer at the end is written with the report of it.
    assert!(outcome.stdout.len() <= 2048, "{}", outcome.stdout.len());
    assert!(outcome.stdout.starts_with("flood\n"));
}

#[test]
fn output_that_is_not_buffered_is_limited() {
    let outcome = run(&["--max-output", "1K", "-u", "-c", "while True: print('flood')"]);
    assert_eq!(outcome.status, Some(1));
    assert!(outcome.stdout.len() <= 2048, "{}", outcome.stdout.len());
    assert!(outcome.stdout.starts_with("flood\n"), "{}", outcome.stderr);
}

#[test]
fn a_size_that_is_none_is_refused() {
    let outcome = run(&["--memory", "much", "-c", "pass"]);
    assert_eq!(outcome.status, Some(2));
    assert!(outcome.stderr.contains("500M"), "{}", outcome.stderr);
}
