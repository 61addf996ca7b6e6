//! `ungil.compat`: which packages are adjusted, and that others do not notice. What each adjustment does is tried on the real
//! package, in `packages.rs`.

use ungil::Interpreter;

use crate::harness::Folder;

/// A package of that name and version whose module registers backends, as joblib's does.
fn joblib(version: &str) -> Folder {
    Folder::new()
        .with(
            &format!("joblib-{version}.dist-info/METADATA"),
            format!("Name: joblib\nVersion: {version}\n"),
        )
        .with("joblib/__init__.py", "def cpu_count():\n    return 2\n")
        .with(
            "joblib/_parallel_backends.py",
            "class AutoBatchingMixin: pass\nclass ParallelBackendBase: pass\nclass SequentialBackend: pass\n\
             class FallbackToBackend(Exception): pass\n",
        )
        .with(
            "joblib/parallel.py",
            "BACKENDS = {}\nDEFAULT_BACKEND = 'none'\n\
             def register_parallel_backend(name, factory, make_default=False):\n    \
                 global DEFAULT_BACKEND\n    BACKENDS[name] = factory\n    \
                 DEFAULT_BACKEND = name if make_default else DEFAULT_BACKEND\n",
        )
}

fn run(folder: &Folder, script: &str) {
    let py = Interpreter::builder().site_packages(folder.root()).build().unwrap();
    if let Err(error) = py.exec(script) {
        panic!("{error}");
    }
}

#[test]
fn are_made_when_the_module_is_imported() {
    run(
        &joblib("1.6.0"),
        "
import joblib.parallel as parallel
assert parallel.DEFAULT_BACKEND == 'ungil'
# The module looks as it would without.
assert type(parallel.__loader__).__name__ == type(parallel.__spec__.loader).__name__ == 'SourceFileLoader'
",
    );
}

#[test]
fn are_not_made_in_versions_that_they_are_not_for() {
    for version in ["0.17.0", "1.2", "2.0"] {
        run(
            &joblib(version),
            "import joblib.parallel as parallel; assert parallel.DEFAULT_BACKEND == 'none'",
        );
    }
}

#[test]
fn cost_nothing_where_nothing_is_adjusted() {
    run(
        &joblib("1.6.0").with("other.py", ""),
        "
import sys, other, joblib
assert not [name for name in sys.modules if name.startswith('ungil')], list(sys.modules)
",
    );
}

#[test]
fn concern_every_module_that_is_listed_and_each_says_for_which_versions() {
    let folder = Folder::new();
    let py = Interpreter::new().unwrap();
    let modules: Vec<String> = py
        .eval("[a.module for a in __import__('ungil.compat').compat.adjustments()]")
        .unwrap();
    let folder = modules.iter().fold(folder, |folder, name| {
        let folders: Vec<&str> = name.split('.').collect();
        let packages = (1..folders.len()).map(|end| format!("{}/__init__.py", folders[..end].join("/")));
        let folder = packages.fold(folder, |folder, file| folder.with(&file, ""));
        folder.with(&format!("{}.py", folders.join("/")), "")
    });
    run(
        &folder,
        "
from importlib.util import find_spec
import ungil.compat
for adjustment in ungil.compat.adjustments():
    assert type(find_spec(adjustment.module).loader).__name__ == '_Loader', adjustment
    first, end = adjustment.versions
    assert adjustment.fits(first) and not adjustment.fits(end) and adjustment.what, adjustment
",
    );
}
