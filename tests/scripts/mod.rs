//! Running Python scripts that check themselves with plain asserts.

#![allow(dead_code)]

#[path = "../command/harness.rs"]
mod harness;

use harness::{Outcome, finish, ungil};

/// Runs the script, which is named from the root of the repository, and expects that it ends well and has nothing to
/// complain about.
pub fn passes(path: &str) {
    let outcome = run(path);
    assert!(
        outcome.status == Some(0) && outcome.stderr.is_empty(),
        "{path} ended with status {:?}\n{}\n{}",
        outcome.status,
        outcome.stdout,
        outcome.stderr
    );
}

/// The same, and that it prints just this.
pub fn prints(path: &str, expected: &str) {
    let outcome = run(path);
    assert_eq!(outcome.stderr, "", "{path}");
    assert_eq!(outcome.stdout, expected, "{path}");
    assert_eq!(outcome.status, Some(0), "{path}");
}

/// What it prints, line by line, where the order of lines is left open.
pub fn sorted_lines(path: &str) -> Vec<String> {
    let outcome = run(path);
    assert_eq!(outcome.stderr, "", "{path}");
    assert_eq!(outcome.status, Some(0), "{path}");
    let mut lines: Vec<String> = outcome.stdout.lines().map(String::from).collect();
    lines.sort();
    lines
}

/// What running the script comes to.
pub fn run(path: &str) -> Outcome {
    let mut command = ungil();
    command.arg(path).current_dir(env!("CARGO_MANIFEST_DIR"));
    finish(command, b"")
}

/// A test for each script of a folder, by its name.
#[macro_export]
macro_rules! scripts {
    ($folder:literal: $($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                scripts::passes(concat!($folder, "/", stringify!($name), ".py"));
            }
        )*
    };
}
