//! Modules that are compiled for CPython.

use ungil::Interpreter;

use crate::harness::Folder;

const FILE: &str = "_fast.cpython-313-x86_64-linux-gnu.so";

fn package() -> Folder {
    Folder::new()
        .with(&format!("fast/{FILE}"), "")
        .with("_top.abi3.so", "")
        .with("_win.cp313-win_amd64.pyd", "")
        .with("fast/__init__.py", "")
        .with("fast/needs.py", "from . import _fast")
        .with("fast/needs_name.py", "from ._fast import loop")
        .with(
            "fast/has_fallback.py",
            "try:\n    from ._fast import loop\nexcept ImportError:\n    loop = 'slow'",
        )
        .with(
            "fast/from_fallback.py",
            "try:\n    from . import _fast\nexcept ImportError:\n    _fast = 'slow'",
        )
        .with(
            "fast/stricter_fallback.py",
            "try:\n    import fast._fast\nexcept ModuleNotFoundError as error:\n    name = error.name",
        )
        .with("fast/both.py", "NAME = 'Python'")
        .with("fast/both.cpython-313-x86_64-linux-gnu.so", "")
}

fn run(folder: &Folder, script: &str) {
    let py = Interpreter::builder().site_packages(folder.root()).build().unwrap();
    if let Err(error) = py.exec(script) {
        panic!("{error}");
    }
}

#[test]
fn an_import_fails_with_an_error_that_names_the_file() {
    run(
        &package(),
        &format!(
            "
import importlib
for name, statement in [
    ('fast._fast', 'import fast._fast'),
    ('fast._fast', 'from fast import _fast'),
    ('fast._fast', 'import fast.needs'),
    ('fast._fast', 'import fast.needs_name'),
    ('fast._fast', 'importlib.import_module(\"fast._fast\")'),
]:
    try:
        exec(statement)
    except ImportError as error:
        assert name in str(error) and {FILE:?} in str(error), (statement, error)
        assert error.path.endswith({FILE:?}), (statement, error.path)
    else:
        raise AssertionError(statement)
for name, file in [('_top', '_top.abi3.so'), ('_win', '_win.cp313-win_amd64.pyd')]:
    try:
        __import__(name)
    except ImportError as error:
        assert file in str(error) and error.name == name, error
    else:
        raise AssertionError(name)
"
        ),
    );
}

#[test]
fn packages_that_can_do_without_do_without() {
    run(
        &package(),
        "
from importlib.util import find_spec
import fast.has_fallback, fast.from_fallback, fast.stricter_fallback, fast.both
assert fast.has_fallback.loop == fast.from_fallback._fast == 'slow'
assert fast.stricter_fallback.name == 'fast._fast'
assert fast.both.NAME == 'Python'
assert find_spec('fast._fast') is None and find_spec('_top') is None
",
    );
}

#[test]
fn what_is_nowhere_is_not_found_as_ever() {
    run(
        &package(),
        "
for statement, text in [
    ('import nothing', \"No module named 'nothing'\"),
    ('import fast.nothing', \"No module named 'fast.nothing'\"),
    ('from fast import nothing', \"cannot import name 'nothing'\"),
]:
    try:
        exec(statement)
    except ImportError as error:
        assert text in str(error), error
    else:
        raise AssertionError(statement)
",
    );
}

#[test]
fn a_worker_says_the_same() {
    run(
        &package(),
        &format!(
            "
import ungil
try:
    ungil.spawn(lambda: __import__('fast._fast')).result()
except ImportError as error:
    assert {FILE:?} in str(error), error
else:
    raise AssertionError
"
        ),
    );
}
