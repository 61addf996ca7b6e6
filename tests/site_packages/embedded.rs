//! In the interpreters of a Rust program.

use std::fs;

use ungil::{Error, Interpreter, Pool};

use crate::{PACKAGES, environment, harness::Folder};

const CHECK: &str = "
import sys, prices, editable
assert prices.gross(100) == 125 and editable.NAME == 'editable'
assert sys.found_from.endswith('site-packages'), sys.found_from
";

#[test]
fn a_virtual_environment_can_be_named_or_the_folder_in_it() {
    let folder = environment();
    for named in ["venv", PACKAGES] {
        let py = Interpreter::builder()
            .site_packages(folder.path(named))
            .build()
            .unwrap();
        py.exec(CHECK).unwrap();
    }
}

#[test]
fn it_stands_behind_search_paths() {
    let folder = environment().with("own/prices.py", "gross = 'own'");
    let builder = Interpreter::builder().site_packages(folder.path("venv"));
    let py = builder.search_path(folder.path("own")).build().unwrap();
    assert_eq!(py.eval::<String>("__import__('prices').gross").unwrap(), "own");
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let folder = Folder::new();
    let built = Interpreter::builder().site_packages(folder.path("venv")).build();
    let error = built.expect_err("nothing is there");
    assert!(matches!(error, Error::Config { .. }), "{error}");
    assert!(error.to_string().contains("venv"), "{error}");
}

#[test]
fn each_interpreter_of_a_pool_has_the_packages() {
    let folder = environment();
    let builder = Interpreter::builder().site_packages(folder.path("venv")).source(
        "work",
        format!(
            "def check(n):\n    {}\n    return n",
            CHECK.trim().replace('\n', "\n    ")
        ),
    );
    let pool = Pool::builder().interpreters(builder).size(2).build().unwrap();
    let results: Result<Vec<i64>, _> = pool.map("work.check", 0..4).collect();
    assert_eq!(results.unwrap(), [0, 1, 2, 3]);
}

#[test]
fn so_has_every_interpreter_that_a_script_starts() {
    let folder = environment();
    let py = Interpreter::builder()
        .site_packages(folder.path("venv"))
        .build()
        .unwrap();
    py.exec(format!(
        "
import multiprocessing, threading, ungil
from concurrent.futures import ProcessPoolExecutor

def check():
    {}
    return True

assert ungil.spawn(check).result()
assert ungil.spawn(lambda: ungil.spawn(check).result()).result()
with multiprocessing.Pool(1) as pool:
    assert pool.apply(check)
with ProcessPoolExecutor(1) as executor:
    assert executor.submit(check).result()
",
        CHECK.trim().replace('\n', "\n    ")
    ))
    .unwrap();
}

#[test]
fn a_package_says_its_version_and_its_entry_points() {
    let folder = environment();
    let py = Interpreter::builder()
        .site_packages(folder.path("venv"))
        .build()
        .unwrap();
    py.exec(
        "
from importlib import metadata
assert metadata.version('prices') == '2.1'
assert {d.name for d in metadata.distributions()} == {'prices'}
[found] = metadata.entry_points(group='shop.rules')
assert found.name == 'gross' and found.load()(4) == 5
",
    )
    .unwrap();
}

#[test]
fn a_line_that_fails_is_reported_and_the_next_one_runs() {
    let folder = environment().with(
        &format!("{PACKAGES}/a.pth"),
        "import sys; raise ValueError('of a.pth')\n",
    );
    let py = Interpreter::builder()
        .site_packages(folder.path("venv"))
        .stderr(ungil::Output::Capture)
        .build()
        .unwrap();
    py.exec(CHECK).unwrap();
    let printed = String::from_utf8(py.take_stderr()).unwrap();
    assert!(printed.contains("ValueError: of a.pth"), "{printed}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_sandboxed_script_may_read_them_and_nothing_else() {
    let folder = environment().with("secret.txt", "secret");
    fs::remove_file(folder.path(PACKAGES).join("_linked.pth")).unwrap();
    let py = Interpreter::sandboxed()
        .site_packages(folder.path("venv"))
        .build()
        .unwrap();
    py.exec("import prices; assert prices.gross(4) == 5").unwrap();
    let secret = folder.path("secret.txt");
    let read = format!("open({:?}).read()", secret.display().to_string());
    let Err(Error::Exception(exception)) = py.exec(read) else {
        panic!("it was read");
    };
    assert_eq!(exception.type_name(), "PermissionError");
}
