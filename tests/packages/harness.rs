//! Packages from the index: installed once into a folder below `target`, then found there without a network.
//!
//! Wheels are chosen for the language version of the VM, whatever Python runs pip, so that every machine gets the same
//! files. Requirements are pinned and complete: nothing that they do not name is installed.

use std::{
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use super::command::{Outcome, finish, ungil};

/// The language version that wheels are chosen for.
const PYTHON: &str = "3.14";

/// The folder in which these are installed, each as `name==version`.
///
/// The first call for a list installs it, with the machine's pip, or with uv; processes that want the same list wait for
/// the one that does. Panics with what the installer said if that fails.
pub fn site(requirements: &[&str]) -> PathBuf {
    let mut wanted = requirements.to_vec();
    wanted.sort_unstable();
    let mut hasher = DefaultHasher::new();
    (PYTHON, &wanted).hash(&mut hasher);
    let store = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages");
    let folder = store.join(format!("site-{:016x}", hasher.finish()));
    if folder.is_dir() {
        return folder;
    }
    fs::create_dir_all(&store).expect("folders can be made below target");
    let lock = File::create(folder.with_extension("lock")).expect("files can be made below target");
    // Held until the file is closed, at the end of this function.
    lock.lock().expect("files below target can be locked");
    if !folder.is_dir() {
        let unfinished = folder.with_extension("unfinished");
        let _ = fs::remove_dir_all(&unfinished);
        install(&unfinished, &wanted);
        fs::rename(&unfinished, &folder).expect("a folder can be renamed where it is");
    }
    folder
}

fn install(folder: &Path, requirements: &[&str]) {
    let mut tried = Vec::new();
    for (program, first) in [
        (
            "python3",
            &["-m", "pip", "install", "--disable-pip-version-check", "--no-compile"][..],
        ),
        ("uv", &["pip", "install"][..]),
    ] {
        let mut command = Command::new(program);
        command
            .args(first)
            .args(["--quiet", "--no-deps", "--only-binary", ":all:"])
            .args(["--python-version", PYTHON, "--target"])
            .arg(folder)
            .args(requirements);
        match command.output() {
            Ok(Output { status, .. }) if status.success() => return,
            Ok(output) => tried.push(format!("{command:?}\n{}", String::from_utf8_lossy(&output.stderr))),
            Err(error) => tried.push(format!("{program}: {error}")),
        }
    }
    panic!(
        "packages could not be installed: this test needs pip or uv, and a package index that it reaches\n{}",
        tried.join("\n")
    );
}

/// Runs the script, which is named from the root of the repository, with the packages of those folders to import, and
/// expects that it ends well and has nothing to complain about.
pub fn passes(script: &str, sites: &[PathBuf]) {
    let outcome = run(&[script], sites);
    assert!(
        outcome.status == Some(0) && outcome.stderr.is_empty(),
        "{script} ended with status {:?}\n{}\n{}",
        outcome.status,
        outcome.stdout,
        outcome.stderr
    );
}

/// What the command with those arguments comes to, in the root of the repository, with the packages of those folders to
/// import.
pub fn run(arguments: &[&str], sites: &[PathBuf]) -> Outcome {
    let mut command = ungil();
    for site in sites {
        command.arg("--path").arg(site);
    }
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    finish(command, b"")
}
