//! Where `import` looks, and in which order.

use crate::harness::{self, Folder, run_in, ungil};
use crate::last_error;

const FIRST: &str = "import sys; print(repr(sys.path[0]))";

#[test]
fn begins_with_the_scripts_folder() {
    let folder = Folder::new().with("sub/first.py", FIRST);
    let outcome = run_in(&folder, &["sub/first.py"]);
    assert_eq!(outcome.stdout, format!("'{}'\n", folder.path("sub").display()));
}

#[test]
#[cfg(unix)]
fn begins_with_the_folder_that_a_link_to_the_script_leads_to() {
    let folder = Folder::new().with("real/first.py", FIRST);
    std::os::unix::fs::symlink(folder.path("real/first.py"), folder.path("link.py")).unwrap();
    let outcome = run_in(&folder, &["link.py"]);
    assert_eq!(outcome.stdout, format!("'{}'\n", folder.path("real").display()));
}

#[test]
fn begins_with_nothing_for_code_and_the_working_directory_for_modules() {
    let folder = Folder::new().with("first.py", FIRST);
    assert_eq!(run_in(&folder, &["-c", FIRST]).stdout, "''\n");
    let outcome = run_in(&folder, &["-m", "first"]);
    assert_eq!(outcome.stdout, format!("'{}'\n", folder.root().display()));
}

#[test]
fn begins_with_neither_where_that_is_switched_off() {
    let folder = Folder::new().with("own.py", "");
    assert_eq!(
        last_error(&run_in(&folder, &["-P", "-c", "import own"])),
        "ModuleNotFoundError: No module named 'own'"
    );
}

#[test]
fn holds_the_folders_given_in_their_order_then_pythonpath() {
    let folder = Folder::new()
        .with("a/who.py", "NAME = 'a'")
        .with("b/who.py", "NAME = 'b'")
        .with("c/who.py", "NAME = 'c'")
        .with("c/other.py", "NAME = 'c'");
    let show = "import who, other; print(who.NAME, other.NAME)";
    let mut command = ungil();
    command.current_dir(folder.root()).env("PYTHONPATH", "c");
    command.args(["--path", "a", "--path=b", "-c", show]);
    assert_eq!(harness::finish(command, b"").stdout, "a c\n");
}

#[test]
fn does_not_hold_pythonpath_where_the_environment_is_ignored() {
    let folder = Folder::new().with("c/other.py", "");
    for option in ["-E", "-I"] {
        let mut command = ungil();
        command.current_dir(folder.root()).env("PYTHONPATH", "c");
        command.args([option, "-c", "import other"]);
        assert_eq!(harness::finish(command, b"").status, Some(1), "{option}");
    }
}

#[test]
fn a_module_beside_the_script_hides_one_of_the_standard_library() {
    let folder = Folder::new()
        .with("calendar.py", "MINE = True")
        .with("script.py", "import calendar; print(calendar.MINE)");
    assert_eq!(run_in(&folder, &["script.py"]).stdout, "True\n");
}

#[test]
fn an_installed_module_does_not_hide_one_of_the_standard_library() {
    let folder = Folder::new().with(".venv/lib/python3.14/site-packages/calendar.py", "raise SystemExit(3)");
    assert_eq!(
        run_in(&folder, &["-c", "import calendar; print(calendar.SUNDAY)"]).stdout,
        "6\n"
    );
}
