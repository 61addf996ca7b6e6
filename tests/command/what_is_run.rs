//! Files, code, modules, standard input, folders and zip files.

use crate::harness::{self, Folder, code, run, run_in, ungil};

const NAMES: &str = "import sys; print(__name__, globals().get('__file__'), __builtins__.len([1]), sys.modules['__main__'].__dict__ is globals())";

#[test]
fn a_file_is_main_and_knows_its_absolute_path() {
    let folder = Folder::new().with("names.py", NAMES);
    let file = folder.path("names.py");
    let outcome = run_in(&folder, &["names.py"]);
    assert_eq!(outcome.stdout, format!("__main__ {} 1 True\n", file.display()));
}

#[test]
fn code_is_main_and_has_no_file() {
    assert_eq!(code(NAMES).stdout, "__main__ None 1 True\n");
}

#[test]
fn code_may_be_indented_as_a_whole() {
    assert_eq!(
        code("\n    if True:\n        print('in')\n    print('out')\n").stdout,
        "in\nout\n"
    );
}

#[test]
fn a_module_is_main_and_has_a_spec() {
    let folder = Folder::new().with("pack/__init__.py", "").with(
        "pack/tool.py",
        "from . import __name__ as parent; print(__name__, __spec__.name, __package__, parent)",
    );
    let outcome = run_in(&folder, &["-m", "pack.tool"]);
    assert_eq!(outcome.stdout, "__main__ pack.tool pack pack\n");
    let outcome = run(&["-m", "no_such_module"]);
    assert_eq!(outcome.status, Some(1));
    assert!(
        outcome.stderr.ends_with("No module named no_such_module\n"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_module_of_the_standard_library_runs() {
    let mut command = ungil();
    command.args(["-m", "json.tool", "--compact"]);
    assert_eq!(harness::finish(command, b"{\"a\": [1, 2]}").stdout, "{\"a\":[1,2]}\n");
}

#[test]
fn standard_input_is_a_script_when_told_so_and_when_it_is_no_terminal() {
    const SHOW: &[u8] = b"import sys; print(sys.argv, repr(sys.path[0]), __name__)";
    let mut command = ungil();
    command.args(["-", "a", "-b"]);
    assert_eq!(harness::finish(command, SHOW).stdout, "['-', 'a', '-b'] '' __main__\n");
    assert_eq!(harness::finish(ungil(), SHOW).stdout, "[''] '' __main__\n");
}

#[test]
fn a_folder_with_a_main_file_runs() {
    let folder = Folder::new()
        .with(
            "app/__main__.py",
            "import sys, other; print(sys.argv, sys.path[0], __name__)",
        )
        .with("app/other.py", "");
    let outcome = run_in(&folder, &["app", "x"]);
    assert_eq!(
        outcome.stdout,
        format!("['app', 'x'] {} __main__\n", folder.path("app").display())
    );
    let outcome = run_in(&Folder::new().with("empty/x.txt", ""), &["empty"]);
    assert_eq!(outcome.status, Some(1));
    assert!(
        outcome.stderr.contains("can't find '__main__' module in"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_zip_file_with_a_main_file_runs() {
    let folder = Folder::new();
    let pack = "import zipfile\nwith zipfile.ZipFile('app.pyz', 'w') as z:\n    \
                z.writestr('__main__.py', 'import other, sys; print(other.X, sys.argv)')\n    \
                z.writestr('other.py', 'X = 42')\n";
    let outcome = run_in(&folder, &["-c", pack]);
    assert_eq!(outcome.stderr, "");
    assert_eq!(run_in(&folder, &["app.pyz", "x"]).stdout, "42 ['app.pyz', 'x']\n");
}

#[test]
fn text_is_utf_8_whatever_the_locale() {
    let folder = Folder::new().with("text.py", "print('é→𝄞'); open('out', 'w').write('ß')");
    let mut command = ungil();
    command.env("LC_ALL", "C").current_dir(folder.root()).arg("text.py");
    assert_eq!(harness::finish(command, b"").stdout, "é→𝄞\n");
    assert_eq!(std::fs::read_to_string(folder.path("out")).unwrap(), "ß");
}
