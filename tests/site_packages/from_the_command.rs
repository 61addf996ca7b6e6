//! From the command line.

use crate::{
    PACKAGES, environment,
    harness::{Folder, finish, run_in, ungil},
    succeeds,
};

const CHECK: &str = "import prices, editable; assert prices.gross(4) == 5";

#[test]
fn an_activated_environment_is_used() {
    let folder = environment();
    let mut command = ungil();
    command.env("VIRTUAL_ENV", folder.path("venv")).args(["-c", CHECK]);
    succeeds(&finish(command, b""));
}

#[test]
fn one_beside_the_script_is_used_wherever_it_is_started() {
    let folder = environment().with("elsewhere/placeholder", "");
    std::fs::rename(folder.path("venv"), folder.path(".venv")).unwrap();
    let folder = folder.with("script.py", "import prices; assert prices.gross(4) == 5");
    let mut command = ungil();
    command.current_dir(folder.path("elsewhere")).arg("../script.py");
    succeeds(&finish(command, b""));
}

#[test]
fn one_beside_the_script_comes_before_one_in_the_working_directory() {
    let tail = PACKAGES.strip_prefix("venv/").unwrap();
    let folder = Folder::new()
        .with(&format!("script/.venv/{tail}/which.py"), "NAME = 'script'")
        .with(&format!(".venv/{tail}/which.py"), "NAME = 'directory'")
        .with("script/main.py", "import which; print(which.NAME)");
    assert_eq!(run_in(&folder, &["script/main.py"]).stdout, "script\n");
    assert_eq!(
        run_in(&folder, &["-c", "import which; print(which.NAME)"]).stdout,
        "directory\n"
    );
}

#[test]
fn workers_find_what_their_starter_finds() {
    let folder = environment().with("extra/more.py", "NAME = 'more'").with(
        "script.py",
        "
from multiprocessing import Process, Queue

def work(results):
    import sys, prices, editable, more
    results.put((prices.gross(4), editable.NAME, more.NAME, sys.found_from.endswith('site-packages')))

results = Queue()
process = Process(target=work, args=(results,))
process.start()
print(results.get())
process.join()
",
    );
    let mut command = ungil();
    command
        .current_dir(folder.root())
        .env("VIRTUAL_ENV", folder.path("venv"));
    command.args(["--path", "extra", "script.py"]);
    let outcome = finish(command, b"");
    succeeds(&outcome);
    assert_eq!(outcome.stdout, "(5.0, 'editable', 'more', True)\n");
}

#[test]
fn an_environment_without_packages_is_none() {
    let folder = Folder::new().with(".venv/pyvenv.cfg", "");
    succeeds(&run_in(
        &folder,
        &["-c", "import sys; assert sys.prefix == sys.base_prefix"],
    ));
}
