//! What still happens when the program is over.

use crate::harness::{self, Folder, code, ungil};

#[test]
fn functions_registered_with_atexit_run_also_after_an_exception() {
    let outcome = code("import atexit; atexit.register(print, 'first'); atexit.register(print, 'last'); 1 / 0");
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(1), "last\nfirst\n"));
}

#[test]
fn what_an_atexit_function_raises_is_reported_and_the_status_stays() {
    let outcome = code("import atexit; atexit.register(lambda: 1 / 0); raise SystemExit(4)");
    assert_eq!(outcome.status, Some(4));
    assert!(outcome.stderr.contains("ZeroDivisionError"), "{}", outcome.stderr);
}

#[test]
fn output_without_a_line_end_is_written() {
    assert_eq!(code("import sys; sys.stdout.write('a' * 10_000)").stdout.len(), 10_000);
}

#[test]
fn output_stands_before_the_traceback_where_both_go_to_one_place() {
    let folder = Folder::new();
    let both = std::fs::File::create(folder.path("both")).unwrap();
    let mut command = ungil();
    command.args(["-c", "print('before'); 1 / 0"]);
    command.stdout(both.try_clone().unwrap()).stderr(both);
    harness::finish(command, b"");
    let text = std::fs::read_to_string(folder.path("both")).unwrap();
    assert!(text.starts_with("before\nTraceback"), "{text}");
}

#[test]
#[cfg(unix)]
fn a_forked_child_ends_like_a_process_of_its_own() {
    let outcome = code(
        "import atexit, os, sys\n\
         atexit.register(print, 'bye', flush=True)\n\
         if os.fork() == 0:\n    sys.exit(7)\n\
         print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)\n",
    );
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), "bye\n7\nbye\n"));
}
