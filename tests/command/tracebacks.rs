//! What is printed about an exception.

use crate::harness::{self, Folder, code, run_in, ungil};
use crate::last_error;

#[test]
fn of_a_file_show_path_line_function_and_source() {
    let folder = Folder::new().with("fails.py", "def inner():\n    return {}['k']\n\ninner()\n");
    let outcome = run_in(&folder, &["fails.py"]);
    let file = folder.path("fails.py").display().to_string();
    let expected = [
        "Traceback (most recent call last):".to_owned(),
        format!("  File \"{file}\", line 4, in <module>"),
        "    inner()".to_owned(),
        format!("  File \"{file}\", line 2, in inner"),
        "    return {}['k']".to_owned(),
        "KeyError: 'k'".to_owned(),
    ];
    let lines: Vec<&str> = outcome.stderr.lines().filter(|line| !is_marker(line)).collect();
    assert_eq!(lines, expected);
}

/// The `~~^^` under a source line.
fn is_marker(line: &str) -> bool {
    !line.trim().is_empty() && line.trim().chars().all(|letter| "~^ ".contains(letter))
}

#[test]
fn of_code_and_standard_input_show_source_too() {
    let outcome = code("x = 1\ny = x / 0\n");
    assert!(
        outcome
            .stderr
            .contains("  File \"<string>\", line 2, in <module>\n    y = x / 0\n"),
        "{}",
        outcome.stderr
    );
    let outcome = harness::finish(ungil(), b"x = 1\ny = x / 0\n");
    assert!(
        outcome
            .stderr
            .contains("  File \"<stdin>\", line 2, in <module>\n    y = x / 0\n"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn of_a_syntax_error_point_at_the_place() {
    let folder = Folder::new().with("wrong.py", "x = 1\nfor = 2\n");
    let outcome = run_in(&folder, &["wrong.py"]);
    assert_eq!(outcome.status, Some(1));
    let file = folder.path("wrong.py");
    let expected = format!(
        "  File \"{}\", line 2\n    for = 2\n        ^\nSyntaxError: invalid syntax\n",
        file.display()
    );
    assert_eq!(outcome.stderr, expected);
}

#[test]
fn show_what_an_exception_was_raised_from() {
    let outcome = code("try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('v') from e");
    assert!(
        outcome.stderr.contains("direct cause of the following exception"),
        "{}",
        outcome.stderr
    );
    assert_eq!(last_error(&outcome), "ValueError: v");
}

#[test]
fn are_the_scripts_own_affair_if_it_sets_a_hook() {
    let outcome = code("import sys; sys.excepthook = lambda *e: print('hook', e[0].__name__); 1 / 0");
    assert_eq!(
        (outcome.status, outcome.stdout.as_str()),
        (Some(1), "hook ZeroDivisionError\n")
    );
    assert_eq!(outcome.stderr, "");
}

#[test]
fn null_bytes_and_bad_encodings_are_syntax_errors() {
    for source in [&b"x = 1\0"[..], b"# -*- coding: no-such -*-\n", b"x = '\xff'\n"] {
        let folder = Folder::new().with("bad.py", source);
        let outcome = run_in(&folder, &["bad.py"]);
        assert_eq!(outcome.status, Some(1));
        assert!(last_error(&outcome).starts_with("SyntaxError: "), "{}", outcome.stderr);
    }
}
