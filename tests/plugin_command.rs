//! `ungil plugin new`, `check` and `run`, as they are typed.
#![cfg(all(feature = "cli", feature = "plugins", target_os = "linux"))]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

fn plugin(folder: &Path, words: &[&str]) -> (i32, String, String) {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_ungil"))
        .arg("plugin")
        .args(words)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_new_plugin_is_right_and_runs() {
    let folder = TempDir::new().unwrap();
    let (status, out, error) = plugin(folder.path(), &["new", "shop"]);
    assert_eq!((status, error.as_str()), (0, ""));
    assert!(out.contains("ungil plugin check shop"), "{out}");
    let (status, out, error) = plugin(folder.path(), &["check", "shop"]);
    assert_eq!((status, error.as_str()), (0, ""));
    assert_eq!(
        out,
        "shop 0.1.0: manifest and syntax are right\nfunctions greet\ngranted   clock true, modules *\nrefused   none\n\
         offered   none\n"
    );
    let (status, out, error) = plugin(folder.path(), &["run", "shop", "greet", "\"Ada\""]);
    assert_eq!((status, out.as_str(), error.as_str()), (0, "\"hello Ada\"\n", ""));
    let (status, _, error) = plugin(folder.path(), &["new", "shop"]);
    assert_eq!(status, 2, "{error}");
    let (status, _, error) = plugin(folder.path(), &["new", "no good"]);
    assert_eq!(status, 2);
    assert!(error.contains("is no name for a plugin"), "{error}");
}

#[test]
fn check_tells_what_is_wrong_and_where() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("syntax.py", "def go():\n    return (");
    write("wrong.py", "");
    write("wrong.toml", "nmae = 'x'");
    write(
        "hooks.py",
        "from host import hook\n@hook('on_odrer')\ndef f(order): pass\ndef on_order(order): pass\n1 / 0",
    );
    write("host.toml", "api = '1.0'\nmodule = 'host'\n[hooks.on_order]\n");
    for (words, part) in [
        (&["check", "syntax.py"][..], "line 2"),
        (&["check", "wrong.py"], "unknown field `nmae`"),
        (&["check", "missing.py"], "cannot be read"),
        (
            &["check", "hooks.py", "--host", "host.toml"],
            "the host has no hook on_odrer",
        ),
        (&["run", "hooks.py", "on_order", "1"], "ZeroDivisionError"),
    ] {
        let (status, _, error) = plugin(folder.path(), words);
        assert_eq!(status, 1, "{words:?}: {error}");
        assert!(error.contains(part), "{words:?}: {part:?} is not in {error:?}");
    }
    let (status, _, error) = plugin(folder.path(), &["check", "hooks.py", "--host", "wrong.toml"]);
    assert_eq!(status, 2);
    assert!(error.contains("describes no host"), "{error}");
}

#[test]
fn run_calls_one_hook_and_tells_what_it_raised() {
    let folder = TempDir::new().unwrap();
    let source = "def add(a, b): return a + b\ndef fail(x):\n    raise ValueError(x)\ndef spin(x):\n    while True: pass\n\
                  def teardown(): print('torn down')";
    fs::write(folder.path().join("sums.py"), source).unwrap();
    let run = |words: &[&str]| plugin(folder.path(), &[&["run", "sums.py"], words].concat());
    assert_eq!(
        run(&["add", "[2, 3]", "--spread"]),
        (0, "torn down\n5\n".to_owned(), String::new())
    );
    let (status, _, error) = run(&["fail", "{\"a\": 1}"]);
    assert_eq!(status, 1);
    assert!(
        error.contains("line 3, in fail") && error.contains("ValueError: {'a': 1}"),
        "{error}"
    );
    let (status, _, error) = run(&["spin", "0", "--timeout", "1"]);
    assert_eq!(status, 1);
    assert!(
        error.contains("line 5, in spin") || error.contains("no answer within 1s"),
        "{error}"
    );
    let (status, _, error) = run(&["other", "0"]);
    assert_eq!(status, 1);
    assert!(error.contains("does not answer the hook other"), "{error}");
    assert_eq!(run(&["add", "not json"]).0, 2);
}
