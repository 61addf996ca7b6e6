//! Two interpreters share nothing.

use std::{collections::BTreeSet, thread};

use static_assertions::{assert_impl_all, assert_not_impl_any};
use ungil::{Error, Interpreter, Object, Script, Task, Value};

assert_not_impl_any!(ungil::vm::PyObjectRef: Send, Sync);
assert_not_impl_any!(ungil::vm::VirtualMachine: Send, Sync);
assert_not_impl_any!(ungil::vm::Interpreter: Send, Sync);
assert_impl_all!(Interpreter: Clone, Send, Sync);
assert_impl_all!(Object: Clone, Send, Sync);
assert_impl_all!(Script: Clone, Send, Sync);
assert_impl_all!(Task: Clone, Send, Sync);
assert_impl_all!(Value: Clone, Send, Sync);
assert_impl_all!(Error: Clone, Send, Sync, std::error::Error);

fn two() -> (Interpreter, Interpreter) {
    (Interpreter::new().unwrap(), Interpreter::new().unwrap())
}

#[test]
fn a_global_of_one_is_unset_in_the_other() {
    let (a, b) = two();
    a.exec("secret = 1\nimport json\njson.secret = 2").unwrap();
    let error = b.eval::<i64>("secret").unwrap_err();
    assert_eq!(error.as_exception().unwrap().type_name(), "NameError");
    b.exec("import json").unwrap();
    assert!(!b.eval::<bool>("hasattr(json, 'secret')").unwrap());
}

#[test]
fn classes_of_the_same_name_are_different() {
    let (a, b) = two();
    for py in [&a, &b] {
        py.exec("class Order:\n    count = 0").unwrap();
    }
    a.exec("Order.count = 5").unwrap();
    assert_eq!(b.eval::<i64>("Order.count").unwrap(), 0);
}

#[test]
fn what_one_imports_is_not_imported_in_the_other() {
    let (a, b) = two();
    a.exec("import decimal, sys").unwrap();
    b.exec("import sys").unwrap();
    assert!(a.eval::<bool>("'decimal' in sys.modules").unwrap());
    assert!(!b.eval::<bool>("'decimal' in sys.modules").unwrap());
}

#[test]
fn builtin_types_cannot_be_changed_for_others() {
    let (a, b) = two();
    let error = a.exec("int.answer = 42").unwrap_err();
    assert_eq!(error.as_exception().unwrap().type_name(), "TypeError");
    assert!(!b.eval::<bool>("hasattr(int, 'answer')").unwrap());
    a.exec("import builtins\nbuiltins.answer = 42").unwrap();
    assert!(b.eval::<i64>("answer").is_err());
}

#[test]
fn the_environment_differs_and_the_process_keeps_its_own() {
    let a = Interpreter::builder().env("UNGIL_TEST_COLOUR", "red").build().unwrap();
    let b = Interpreter::builder().env("UNGIL_TEST_COLOUR", "blue").build().unwrap();
    for py in [&a, &b] {
        py.exec("import os").unwrap();
    }
    let colour = "os.environ['UNGIL_TEST_COLOUR']";
    assert_eq!(a.eval::<String>(colour).unwrap(), "red");
    assert_eq!(b.eval::<String>(colour).unwrap(), "blue");
    a.exec("os.environ['UNGIL_TEST_COLOUR'] = 'green'\nos.putenv('UNGIL_TEST_OTHER', '1')")
        .unwrap();
    assert_eq!(a.eval::<String>(colour).unwrap(), "green");
    assert_eq!(b.eval::<String>(colour).unwrap(), "blue");
    assert!(std::env::var_os("UNGIL_TEST_COLOUR").is_none());
    assert!(std::env::var_os("UNGIL_TEST_OTHER").is_none());
}

#[test]
fn a_cleared_environment_has_only_what_was_set() {
    let py = Interpreter::builder().env_clear().env("ONLY", "1").build().unwrap();
    py.exec("import os").unwrap();
    assert_eq!(py.eval::<Vec<String>>("list(os.environ)").unwrap(), ["ONLY"]);
}

#[test]
#[cfg(target_os = "linux")]
fn the_working_directory_and_umask_differ() {
    let before = std::env::current_dir().unwrap();
    let (a, b) = two();
    for py in [&a, &b] {
        py.exec("import os").unwrap();
    }
    a.exec("os.chdir('/')\nos.umask(0o077)").unwrap();
    assert_eq!(a.eval::<String>("os.getcwd()").unwrap(), "/");
    assert_eq!(b.eval::<String>("os.getcwd()").unwrap(), before.to_str().unwrap());
    b.exec("mask = os.umask(0o022)").unwrap();
    assert_ne!(b.get::<i64>("mask").unwrap(), 0o077);
    assert_eq!(std::env::current_dir().unwrap(), before);
}

#[test]
#[cfg(target_os = "linux")]
fn an_interpreter_on_a_used_thread_starts_where_the_process_is() {
    let here = std::env::current_dir().unwrap();
    for _ in 0..3 {
        let py = Interpreter::new().unwrap();
        py.exec("import os").unwrap();
        assert_eq!(py.eval::<String>("os.getcwd()").unwrap(), here.to_str().unwrap());
        py.exec("os.chdir('/')").unwrap();
        py.close().unwrap();
    }
}

#[test]
fn exit_functions_of_a_guest_end_the_script_and_not_the_process() {
    let py = Interpreter::new().unwrap();
    py.exec("import os, sys, signal").unwrap();
    assert_eq!(py.exec("os._exit(7)").unwrap_err().exit_code(), Some(7));
    assert_eq!(py.exec("sys.exit(3)").unwrap_err().exit_code(), Some(3));
    assert_eq!(py.exec("os.abort()").unwrap_err().exit_code(), Some(134));
    let fork = py.exec("os.fork()").unwrap_err();
    assert_eq!(fork.as_exception().unwrap().type_name(), "PermissionError");
    assert_eq!(py.eval::<i64>("1 + 1").unwrap(), 2);
}

#[test]
fn a_signal_handler_of_a_guest_is_recorded_and_not_installed() {
    let py = Interpreter::new().unwrap();
    py.exec("import signal\ndef handler(*args): pass\nold = signal.signal(signal.SIGTERM, handler)")
        .unwrap();
    assert!(py.eval::<bool>("signal.getsignal(signal.SIGTERM) is handler").unwrap());
    let other = Interpreter::new().unwrap();
    other.exec("import signal").unwrap();
    assert!(
        !other
            .eval::<bool>("callable(signal.getsignal(signal.SIGTERM))")
            .unwrap()
    );
}

#[test]
fn sixty_four_at_once_are_all_right() {
    let interpreters: Vec<_> = (0..64).map(|_| Interpreter::new().unwrap()).collect();
    let jobs: Vec<_> = interpreters
        .iter()
        .enumerate()
        .map(|(n, py)| {
            let source = format!(
                "class C:\n    def __init__(self, n): self.n = n\n\
                 import json\nresult = json.loads(json.dumps([C(i).n + {n} for i in range(500)]))"
            );
            py.spawn::<()>(Task::exec(source))
        })
        .collect();
    for job in jobs {
        job.wait().unwrap();
    }
    let sums: BTreeSet<i64> = interpreters
        .iter()
        .map(|py| py.eval::<i64>("sum(result)").unwrap())
        .collect();
    let expected: BTreeSet<i64> = (0..64).map(|n| 499 * 500 / 2 + 500 * n).collect();
    assert_eq!(sums, expected);
}

#[test]
fn many_threads_can_use_one_interpreter() {
    let py = Interpreter::new().unwrap();
    py.exec("n = 0\ndef add():\n    global n\n    n += 1").unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..50).for_each(|_| py.call::<()>("add", ()).unwrap()));
        }
    });
    assert_eq!(py.get::<i64>("n").unwrap(), 400);
}
