//! Packages of a virtual environment.

use crate::harness::{self, Folder, run_in, ungil};

#[cfg(unix)]
const PACKAGES: &str = "lib/python3.12/site-packages";
#[cfg(windows)]
const PACKAGES: &str = "Lib/site-packages";

#[test]
fn in_the_working_directory_gives_its_packages() {
    let folder = Folder::new().with(&format!(".venv/{PACKAGES}/installed.py"), "NAME = 'here'");
    let outcome = run_in(
        &folder,
        &[
            "-c",
            "import sys, installed; print(installed.NAME, sys.prefix != sys.base_prefix)",
        ],
    );
    assert_eq!(outcome.stdout, "here True\n");
}

#[test]
fn that_is_activated_comes_before_the_one_in_the_working_directory() {
    let folder = Folder::new()
        .with(&format!(".venv/{PACKAGES}/installed.py"), "NAME = 'here'")
        .with(&format!("other/{PACKAGES}/installed.py"), "NAME = 'activated'");
    let mut command = ungil();
    command
        .current_dir(folder.root())
        .env("VIRTUAL_ENV", folder.path("other"));
    command.args(["-c", "import installed; print(installed.NAME)"]);
    assert_eq!(harness::finish(command, b"").stdout, "activated\n");
}

#[test]
fn stands_behind_the_script_and_pythonpath() {
    let folder = Folder::new()
        .with(&format!(".venv/{PACKAGES}/one.py"), "NAME = 'installed'")
        .with(&format!(".venv/{PACKAGES}/two.py"), "NAME = 'installed'")
        .with("one.py", "NAME = 'script'")
        .with("extra/two.py", "NAME = 'PYTHONPATH'")
        .with("script.py", "import one, two; print(one.NAME, two.NAME)");
    let mut command = ungil();
    command
        .current_dir(folder.root())
        .env("PYTHONPATH", "extra")
        .arg("script.py");
    assert_eq!(harness::finish(command, b"").stdout, "script PYTHONPATH\n");
}

#[test]
fn can_name_further_folders_in_pth_files() {
    let folder = Folder::new()
        .with(&format!(".venv/{PACKAGES}/more.pth"), "more")
        .with(&format!(".venv/{PACKAGES}/more/further.py"), "NAME = 'pth'");
    assert_eq!(
        run_in(&folder, &["-c", "import further; print(further.NAME)"]).stdout,
        "pth\n"
    );
}
