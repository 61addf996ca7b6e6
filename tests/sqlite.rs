//! Python's `sqlite3`.
#![cfg(feature = "sqlite")]

use ungil::{Error, Interpreter};

mod scripts;

scripts! { "tests/sqlite":
    in_memory
    shared_file
}

/// Whether something is registered for a kind of one's own, and for the kinds that the library registers.
const REGISTERED: &str = "
import sqlite3
(any(kind.__name__ == 'Point' for kind, _ in sqlite3.adapters), 'POINT' in sqlite3.converters, len(sqlite3.adapters))
";

#[test]
fn adapters_are_an_interpreters_own() {
    let first = Interpreter::new().unwrap();
    first
        .exec(
            "import sqlite3
class Point:
    pass
sqlite3.register_adapter(Point, lambda point: 'a point')
sqlite3.register_converter('point', bytes.decode)
assert sqlite3.connect(':memory:').execute('select ?', (Point(),)).fetchone() == ('a point',)",
        )
        .unwrap();
    let second = Interpreter::new().unwrap();
    let ask = |py: &Interpreter| {
        let source = REGISTERED.trim();
        let (imports, question) = source.split_once('\n').unwrap();
        py.exec(imports).unwrap();
        py.eval::<(bool, bool, usize)>(question).unwrap()
    };
    assert!(matches!(ask(&first), (true, true, _)));
    let others = ask(&second);
    assert!(matches!(others, (false, false, _)), "{others:?}");

    // Nor do they stay on a thread, where the next interpreter would find them.
    first.close().unwrap();
    second.close().unwrap();
    for _ in 0..3 {
        let next = Interpreter::new().unwrap();
        assert_eq!(ask(&next), others);
        next.close().unwrap();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_sandbox_has_none() {
    let py = Interpreter::sandboxed().build().unwrap();
    let Err(Error::Exception(exception)) = py.exec("import sqlite3") else {
        panic!("it was imported");
    };
    assert!(
        ["ImportError", "ModuleNotFoundError"].contains(&exception.type_name()),
        "{exception}"
    );
}
