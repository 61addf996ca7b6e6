//! Libraries in C that scripts call through ctypes, compiled here with `cc`.
#![cfg(unix)]

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::Duration,
};

use ungil::{Interpreter, Job, Task};

/// No test takes a hundredth of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The library, compiled once.
fn library() -> &'static str {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    let compile = || {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ctypes/library.c");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ctypes-library.so");
        let mut compiler = Command::new("cc");
        compiler
            .args(["-O2", "-shared", "-fPIC", "-o"])
            .args([&library, &source]);
        assert!(compiler.status().expect("there is a compiler").success());
        library
    };
    LIBRARY.get_or_init(compile).to_str().expect("UTF-8")
}

fn interpreter() -> Interpreter {
    Interpreter::builder().constant("LIBRARY", library()).build().unwrap()
}

#[test]
fn numbers_text_structures_memory_and_functions() {
    interpreter().exec(include_str!("ctypes/calls.py")).unwrap();
}

#[test]
fn a_library_is_there_once_for_all_interpreters() {
    let calls: Vec<i64> = (0..3)
        .map(|_| {
            let py = interpreter();
            py.exec("import ctypes; lib = ctypes.CDLL(LIBRARY)").unwrap();
            py.eval("lib.called()").unwrap()
        })
        .collect();
    assert_eq!(calls, [1, 2, 3]);
}

#[test]
fn calls_of_several_interpreters_run_at_the_same_time() {
    let interpreters: Vec<Interpreter> = (0..3).map(|_| interpreter()).collect();
    let jobs: Vec<Job<()>> = interpreters
        .iter()
        .map(|py| {
            py.spawn(Task::exec(
                "import ctypes\n# It comes back when all are in it.\nctypes.CDLL(LIBRARY).meet(3)",
            ))
        })
        .collect();
    for mut job in jobs {
        job.wait_timeout(PATIENCE).expect("they meet").unwrap();
    }
}
