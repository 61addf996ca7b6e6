//! Programs that are run with `--sandbox`.

use crate::harness::{Folder, run, run_in};

const READS: &str = "print(open('data.txt').read())";

#[test]
fn nothing_is_allowed_but_to_run() {
    let folder = Folder::new().with("reads.py", READS).with("data.txt", "data");
    let outcome = run_in(&folder, &["--sandbox", "reads.py"]);
    assert_eq!(outcome.status, Some(1));
    assert!(
        crate::last_error(&outcome).starts_with("PermissionError"),
        "{}",
        outcome.stderr
    );
    let outcome = run(&[
        "--sandbox",
        "-c",
        "import sys, json; print(json.dumps(sys.argv)); sys.exit(3)",
        "x",
    ]);
    assert_eq!(
        (outcome.status, outcome.stdout.as_str()),
        (Some(3), "[\"-c\", \"x\"]\n")
    );
}

#[test]
fn reading_and_writing_are_allowed_by_path() {
    let folder = Folder::new()
        .with("reads.py", READS)
        .with("data.txt", "data")
        .with("other.txt", "other");
    let outcome = run_in(&folder, &["--sandbox", "--allow-read=other.txt,data.txt", "reads.py"]);
    assert_eq!(outcome.stdout, "data\n", "{}", outcome.stderr);
    let outcome = run_in(&folder, &["--sandbox", "--allow-read", "reads.py"]);
    assert_eq!(outcome.stdout, "data\n", "{}", outcome.stderr);
    let writes = "open('data.txt', 'w').write('new')";
    assert_eq!(
        run_in(&folder, &["--sandbox", "--allow-read", "-c", writes]).status,
        Some(1)
    );
    assert_eq!(
        run_in(&folder, &["--sandbox", "--allow-write=data.txt", "-c", writes]).status,
        Some(0)
    );
    assert_eq!(std::fs::read_to_string(folder.path("data.txt")).unwrap(), "new");
}

#[test]
fn environment_and_programs_are_allowed_by_name() {
    let outcome = run(&[
        "--sandbox",
        "--allow-env=PATH",
        "-c",
        "import os; print(list(os.environ))",
    ]);
    assert_eq!(outcome.stdout, "['PATH']\n", "{}", outcome.stderr);
    let program = "import subprocess; print(subprocess.run(['echo', 'run'], capture_output=True, text=True).stdout)";
    let outcome = run(&["--sandbox", "--allow-env", "--allow-run=echo", "-c", program]);
    assert_eq!(outcome.stdout, "run\n\n", "{}", outcome.stderr);
    assert_eq!(run(&["--sandbox", "--allow-env", "-c", program]).status, Some(1));
}

#[test]
fn what_allows_something_needs_the_sandbox() {
    let outcome = run(&["--allow-read=/", "-c", "1"]);
    assert_eq!(outcome.status, Some(2));
    assert!(outcome.stderr.contains("--sandbox"), "{}", outcome.stderr);
}
