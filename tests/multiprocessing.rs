//! `multiprocessing`, as scripts use it: each script asserts what CPython's tests of that part cover.

mod scripts;

scripts! { "tests/multiprocessing":
    connections
    contexts
    deadlocks
    dummy
    manager
    pools
    process
    queues
    shared
    synchronize
    what_packages_use
}

/// The frames between, of the package itself, are left open.
#[test]
fn exceptions_are_printed_like_those_of_processes() {
    let outcome = scripts::run("tests/multiprocessing/errors.py");
    assert_eq!(outcome.stdout, "Process-1 1\nProcess-2 1\n");
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    assert_eq!(
        lines[..2],
        ["Process Process-1:", "Traceback (most recent call last):"],
        "{}",
        outcome.stderr
    );
    let end = "errors.py\", line 8, in fail\n    raise ValueError(\"no luck\")\nValueError: no luck\ngood-bye\n";
    assert!(outcome.stderr.ends_with(end), "{}", outcome.stderr);
}

#[test]
fn example_five_processes() {
    let mut lines = scripts::sorted_lines("examples/scripts/five_processes.py");
    let end = lines.pop();
    let expected: Vec<String> = (1..=5).map(|number| format!("I am process {number}")).collect();
    assert_eq!(
        (lines, end.as_deref()),
        (expected, Some("all have ended: [0, 0, 0, 0, 0]"))
    );
}

#[test]
fn example_process_queue() {
    scripts::prints(
        "examples/scripts/process_queue.py",
        "process 0 sent [0, 1, 2]\nprocess 1 sent [10, 11, 12]\nprocess 2 sent [20, 21, 22]\n\
         process 3 sent [30, 31, 32]\nprocess 4 sent [40, 41, 42]\nleft in the queue: 0\n",
    );
}

#[test]
fn example_pipe_poll() {
    scripts::prints(
        "examples/scripts/pipe_poll.py",
        "an answer before the question: False\ninterpreter? 11 letters.\nchannel? 7 letters.\nthread? 6 letters.\n\
         Good-bye.\nthe other end is gone: True\n",
    );
}

#[test]
fn example_pool_lambda() {
    scripts::prints(
        "examples/scripts/pool_lambda.py",
        "[0, 1, 4, 9, 16, 25, 36, 49, 64, 81]\n[0, 7, 14, 21, 28, 35, 42, 49, 56, 63]\n['ab', 'cdcd', 'efefef']\n\
         [0, -1, -2, -3, -4]\n",
    );
}

#[test]
fn example_pool_primes() {
    scripts::prints(
        "examples/scripts/pool_primes.py",
        "below 10,000: 1229\nbelow 200,000: 17984 as it should be\n",
    );
}
