//! What is ours on the command line, and what the program gets.

use crate::harness::{self, Folder, code, run, run_in, ungil};
use crate::last_error;

const SHOW: &str = "import sys; print(sys.argv)";

#[test]
fn of_a_file_are_its_own_even_if_they_look_like_ours() {
    let folder = Folder::new().with("show.py", SHOW);
    let outcome = run_in(&folder, &["show.py", "a", "-q", "--version", "--", "-c", "é"]);
    assert_eq!(outcome.stdout, "['show.py', 'a', '-q', '--version', '--', '-c', 'é']\n");
}

#[test]
fn of_code_are_its_own() {
    assert_eq!(run(&["-c", SHOW, "-m", "x"]).stdout, "['-c', '-m', 'x']\n");
    assert_eq!(run(&["-qc", SHOW, "-h"]).stdout, "['-c', '-h']\n");
}

#[test]
fn of_a_module_follow_its_file() {
    let folder = Folder::new().with("show.py", SHOW);
    let outcome = run_in(&folder, &["-m", "show", "-i", "x"]);
    let file = folder.path("show.py").display().to_string();
    assert_eq!(outcome.stdout, format!("[{file:?}, '-i', 'x']\n").replace('"', "'"));
}

#[test]
#[cfg(target_os = "linux")]
fn that_are_no_text_come_through_unchanged() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let mut command = ungil();
    command.args(["-c", "import os, sys; print(os.fsencode(sys.argv[1]))"]);
    command.arg(OsStr::from_bytes(b"a\xff"));
    assert_eq!(harness::finish(command, b"").stdout, "b'a\\xff'\n");
}

#[test]
fn version_names_this_program_and_the_language_and_the_vm() {
    for option in ["--version", "-V"] {
        let outcome = run(&[option]);
        assert_eq!(outcome.status, Some(0));
        let expected = format!("ungil {} (Python 3.", env!("CARGO_PKG_VERSION"));
        assert!(outcome.stdout.starts_with(&expected), "{}", outcome.stdout);
        assert!(outcome.stdout.contains("rustpython-vm 0.6"), "{}", outcome.stdout);
    }
}

#[test]
fn help_names_every_way_to_run_something() {
    for option in ["-h", "--help"] {
        let outcome = run(&[option]);
        assert_eq!(outcome.status, Some(0));
        for word in ["FILE", "-c CODE", "-m MODULE", "--path", "PYTHONPATH", ".venv"] {
            assert!(outcome.stdout.contains(word), "{word}: {}", outcome.stdout);
        }
    }
}

#[test]
fn filters_of_warnings_are_heeded() {
    const WARN: &str = "import warnings; warnings.warn('old', DeprecationWarning); print('on')";
    assert_eq!(
        last_error(&run(&["-W", "error", "-c", WARN])),
        "DeprecationWarning: old"
    );
    assert_eq!(run(&["-Wignore", "-c", WARN]).stderr, "");
    let mut command = ungil();
    command
        .env("PYTHONWARNINGS", "error")
        .args(["-W", "ignore", "-c", WARN]);
    assert_eq!(harness::finish(command, b"").stdout, "on\n");
}

#[test]
fn unbuffered_output_is_out_before_the_process_ends() {
    const HALF: &str = "import os, sys; sys.stdout.write('half'); os._exit(0)";
    assert_eq!(code(HALF).stdout, "");
    assert_eq!(run(&["-u", "-c", HALF]).stdout, "half");
}
