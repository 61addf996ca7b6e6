//! Compiled files beside their source.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use ungil::{Interpreter, Permissions};

use crate::{
    harness::{Folder, finish, ungil},
    succeeds,
};

/// The files in the cache of the folder's modules.
fn cached(folder: &Folder) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.path("lib/__pycache__")).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn command(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = ungil();
    command
        .args(["--path", "lib"])
        .args(arguments)
        .current_dir(folder.root());
    command
}

fn import(folder: &Folder, options: &[&str]) -> String {
    let outcome = finish(
        command(folder, &[options, &["-c", "import mod; print(mod.N)"]].concat()),
        b"",
    );
    succeeds(&outcome);
    outcome.stdout
}

fn module() -> Folder {
    Folder::new().with("lib/mod.py", "N = 1\n")
}

#[test]
fn are_written_at_the_first_import_and_used_at_the_next() {
    let folder = module();
    assert_eq!(import(&folder, &[]), "1\n");
    let [file] = &cached(&folder)[..] else {
        panic!("{:?}", cached(&folder));
    };
    // Of the same size and time, so that only who reads the source sees the difference.
    let source = folder.path("lib/mod.py");
    let written = fs::metadata(&source).unwrap().modified().unwrap();
    fs::write(&source, "N = 2\n").unwrap();
    fs::File::options()
        .write(true)
        .open(&source)
        .unwrap()
        .set_modified(written)
        .unwrap();
    assert_eq!(import(&folder, &[]), "1\n");
    fs::remove_file(file).unwrap();
    assert_eq!(import(&folder, &[]), "2\n");
}

#[test]
fn do_not_touch_those_of_cpython() {
    let of_cpython = [
        "lib/__pycache__/mod.cpython-313.pyc",
        "lib/__pycache__/mod.cpython-314.pyc",
    ];
    let folder = of_cpython
        .iter()
        .fold(module(), |folder, file| folder.with(file, "not for us"));
    assert_eq!(import(&folder, &[]), "1\n");
    let ours = cached(&folder)
        .into_iter()
        .filter(|file| file.to_string_lossy().contains("rustpython"));
    assert_eq!(ours.count(), 1);
    for file in of_cpython {
        assert_eq!(fs::read(folder.path(file)).unwrap(), b"not for us");
    }
}

#[test]
fn are_not_written_where_that_is_switched_off() {
    let folder = module();
    import(&folder, &["-B"]);
    let mut quiet = command(&folder, &["-c", "import mod"]);
    quiet.env("PYTHONDONTWRITEBYTECODE", "1");
    succeeds(&finish(quiet, b""));
    // Nor by what the script starts.
    let worker = "import ungil; assert ungil.spawn(lambda: __import__('mod').N).result() == 1";
    succeeds(&finish(command(&folder, &["-B", "-c", worker]), b""));
    let host = Interpreter::builder()
        .search_path(folder.path("lib"))
        .bytecode_cache(false);
    host.build().unwrap().exec("import mod").unwrap();
    assert_eq!(cached(&folder), Vec::<PathBuf>::new());
}

#[test]
#[cfg(target_os = "linux")]
fn are_written_from_a_sandbox_only_where_it_may_write() {
    let build = |permissions: Permissions, folder: &Path| {
        let permissions = permissions.allow_module("*").allow_clock();
        let builder = Interpreter::sandboxed().permissions(permissions).search_path(folder);
        builder.build().unwrap().exec("import mod; assert mod.N == 1").unwrap();
    };
    let folder = module();
    build(Permissions::none(), &folder.path("lib"));
    assert_eq!(cached(&folder), Vec::<PathBuf>::new());
    build(Permissions::none().allow_write(folder.path("lib")), &folder.path("lib"));
    assert_eq!(cached(&folder).len(), 1);
}

#[test]
fn a_host_has_them_too() {
    let folder = module();
    let py = Interpreter::builder().search_path(folder.path("lib")).build().unwrap();
    py.exec("import mod").unwrap();
    assert_eq!(cached(&folder).len(), 1);
}
