//! What the `ungil` command does, seen from a shell: each test runs the real binary.

#[path = "command/harness.rs"]
mod harness;
#[cfg(unix)]
#[path = "command/interrupts.rs"]
mod interrupts;
#[cfg(unix)]
#[path = "command/terminal.rs"]
mod terminal;

use harness::{Folder, Outcome, code, run, run_in, ungil};

/// The last line of what was printed to stderr.
fn last_error(outcome: &Outcome) -> &str {
    outcome.stderr.lines().last().unwrap_or_default()
}

mod exit_status {
    use super::*;

    #[test]
    fn is_0_when_the_script_ends() {
        let outcome = code("print('hello')");
        assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), "hello\n"));
        assert_eq!(outcome.stderr, "");
    }

    #[test]
    fn is_1_for_an_exception_that_nobody_catches() {
        let outcome = code("raise KeyError('k')");
        assert_eq!(outcome.status, Some(1));
        assert_eq!(last_error(&outcome), "KeyError: 'k'");
    }

    #[test]
    fn is_the_number_given_to_sys_exit() {
        for (argument, status) in [
            ("", 0),
            ("None", 0),
            ("0", 0),
            ("3", 3),
            ("True", 1),
            ("-1", 255),
            ("300", 44),
        ] {
            let outcome = code(&format!("import sys; sys.exit({argument})"));
            assert_eq!(outcome.status, Some(status), "sys.exit({argument})");
            assert_eq!(outcome.stderr, "");
        }
    }

    #[test]
    fn is_1_for_a_text_given_to_sys_exit_which_goes_to_stderr() {
        let outcome = code("import sys; sys.exit('no such order')");
        assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(1), "no such order\n"));
    }

    #[test]
    fn is_2_with_pythons_message_for_a_missing_file() {
        let folder = Folder::new();
        let outcome = run_in(&folder, &["gone.py"]);
        assert_eq!(outcome.status, Some(2));
        if cfg!(unix) {
            let path = folder.path("gone.py");
            let message = format!(
                "ungil: can't open file '{}': [Errno 2] No such file or directory\n",
                path.display()
            );
            assert_eq!(outcome.stderr, message);
        }
    }

    #[test]
    fn is_2_for_options_that_are_not_understood() {
        for line in [&["--unknown"][..], &["-c"], &["-m"], &["--path"], &["-Z", "x.py"]] {
            let outcome = run(line);
            assert_eq!(outcome.status, Some(2), "{line:?}");
            assert!(outcome.stderr.contains("Usage: ungil"), "{}", outcome.stderr);
        }
    }

    #[test]
    fn is_what_os_exit_says_at_once() {
        let outcome = code("import atexit, os; atexit.register(print, 'never'); os._exit(9)");
        assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(9), ""));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn is_120_when_the_last_output_cannot_be_written() {
        let mut command = ungil();
        command.args(["-c", "print('x')"]);
        command.stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
        let outcome = harness::finish(command, b"");
        assert_eq!(outcome.status, Some(120));
        assert_eq!(
            outcome.stderr.matches("No space left on device").count(),
            1,
            "{}",
            outcome.stderr
        );
    }

    #[test]
    #[cfg(unix)]
    fn is_120_after_output_into_a_closed_pipe() {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = ungil();
        command.args(["-c", "print('x' * 100_000)"]).stdout(writer);
        let outcome = harness::finish(command, b"");
        assert_eq!(outcome.status, Some(120));
        assert!(
            outcome.stderr.contains("BrokenPipeError: [Errno 32] Broken pipe"),
            "{}",
            outcome.stderr
        );
    }
}

mod at_the_end {
    use super::*;

    #[test]
    fn functions_registered_with_atexit_run_also_after_an_exception() {
        let outcome = code("import atexit; atexit.register(print, 'first'); atexit.register(print, 'last'); 1 / 0");
        assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(1), "last\nfirst\n"));
    }

    #[test]
    fn what_an_atexit_function_raises_is_reported_and_the_status_stays() {
        let outcome = code("import atexit; atexit.register(lambda: 1 / 0); raise SystemExit(4)");
        assert_eq!(outcome.status, Some(4));
        assert!(outcome.stderr.contains("ZeroDivisionError"), "{}", outcome.stderr);
    }

    #[test]
    fn output_without_a_line_end_is_written() {
        assert_eq!(code("import sys; sys.stdout.write('a' * 10_000)").stdout.len(), 10_000);
    }

    #[test]
    fn output_stands_before_the_traceback_where_both_go_to_one_place() {
        let folder = Folder::new();
        let both = std::fs::File::create(folder.path("both")).unwrap();
        let mut command = ungil();
        command.args(["-c", "print('before'); 1 / 0"]);
        command.stdout(both.try_clone().unwrap()).stderr(both);
        harness::finish(command, b"");
        let text = std::fs::read_to_string(folder.path("both")).unwrap();
        assert!(text.starts_with("before\nTraceback"), "{text}");
    }

    #[test]
    #[cfg(unix)]
    fn a_forked_child_ends_like_a_process_of_its_own() {
        let outcome = code(
            "import atexit, os, sys\n\
             atexit.register(print, 'bye', flush=True)\n\
             if os.fork() == 0:\n    sys.exit(7)\n\
             print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)\n",
        );
        assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), "bye\n7\nbye\n"));
    }
}

mod arguments {
    use super::*;

    const SHOW: &str = "import sys; print(sys.argv)";

    #[test]
    fn of_a_file_are_its_own_even_if_they_look_like_ours() {
        let folder = Folder::new().with("show.py", SHOW);
        let outcome = run_in(&folder, &["show.py", "a", "-q", "--version", "--", "-c", "é"]);
        assert_eq!(outcome.stdout, "['show.py', 'a', '-q', '--version', '--', '-c', 'é']\n");
    }

    #[test]
    fn of_code_are_its_own() {
        assert_eq!(run(&["-c", SHOW, "-m", "x"]).stdout, "['-c', '-m', 'x']\n");
        assert_eq!(run(&["-qc", SHOW, "-h"]).stdout, "['-c', '-h']\n");
    }

    #[test]
    fn of_a_module_follow_its_file() {
        let folder = Folder::new().with("show.py", SHOW);
        let outcome = run_in(&folder, &["-m", "show", "-i", "x"]);
        let file = folder.path("show.py").display().to_string();
        assert_eq!(outcome.stdout, format!("[{file:?}, '-i', 'x']\n").replace('"', "'"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn that_are_no_text_come_through_unchanged() {
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
        let mut command = ungil();
        command.args(["-c", "import os, sys; print(os.fsencode(sys.argv[1]))"]);
        command.arg(OsStr::from_bytes(b"a\xff"));
        assert_eq!(harness::finish(command, b"").stdout, "b'a\\xff'\n");
    }

    #[test]
    fn version_names_this_program_and_the_language_and_the_vm() {
        for option in ["--version", "-V"] {
            let outcome = run(&[option]);
            assert_eq!(outcome.status, Some(0));
            let expected = format!("ungil {} (Python 3.", env!("CARGO_PKG_VERSION"));
            assert!(outcome.stdout.starts_with(&expected), "{}", outcome.stdout);
            assert!(outcome.stdout.contains("rustpython-vm 0.6"), "{}", outcome.stdout);
        }
    }

    #[test]
    fn help_names_every_way_to_run_something() {
        for option in ["-h", "--help"] {
            let outcome = run(&[option]);
            assert_eq!(outcome.status, Some(0));
            for word in ["FILE", "-c CODE", "-m MODULE", "--path", "PYTHONPATH", ".venv"] {
                assert!(outcome.stdout.contains(word), "{word}: {}", outcome.stdout);
            }
        }
    }

    #[test]
    fn filters_of_warnings_are_heeded() {
        const WARN: &str = "import warnings; warnings.warn('old', DeprecationWarning); print('on')";
        assert_eq!(
            last_error(&run(&["-W", "error", "-c", WARN])),
            "DeprecationWarning: old"
        );
        assert_eq!(run(&["-Wignore", "-c", WARN]).stderr, "");
        let mut command = ungil();
        command
            .env("PYTHONWARNINGS", "error")
            .args(["-W", "ignore", "-c", WARN]);
        assert_eq!(harness::finish(command, b"").stdout, "on\n");
    }

    #[test]
    fn unbuffered_output_is_out_before_the_process_ends() {
        const HALF: &str = "import os, sys; sys.stdout.write('half'); os._exit(0)";
        assert_eq!(code(HALF).stdout, "");
        assert_eq!(run(&["-u", "-c", HALF]).stdout, "half");
    }
}

mod what_is_run {
    use super::*;

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
}

mod search_path {
    use super::*;

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
}

mod virtual_environment {
    use super::*;

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
}

mod tracebacks {
    use super::*;

    #[test]
    fn of_a_file_show_path_line_function_and_source() {
        let folder = Folder::new().with("fails.py", "def inner():\n    return {}['k']\n\ninner()\n");
        let outcome = run_in(&folder, &["fails.py"]);
        let file = folder.path("fails.py").display().to_string();
        let expected = [
            "Traceback (most recent call last):".to_owned(),
            format!("  File \"{file}\", line 4, in <module>"),
            "    inner()".to_owned(),
            format!("  File \"{file}\", line 2, in inner"),
            "    return {}['k']".to_owned(),
            "KeyError: 'k'".to_owned(),
        ];
        let lines: Vec<&str> = outcome.stderr.lines().filter(|line| !is_marker(line)).collect();
        assert_eq!(lines, expected);
    }

    /// The `~~^^` under a source line.
    fn is_marker(line: &str) -> bool {
        !line.trim().is_empty() && line.trim().chars().all(|letter| "~^ ".contains(letter))
    }

    #[test]
    fn of_code_and_standard_input_show_source_too() {
        let outcome = code("x = 1\ny = x / 0\n");
        assert!(
            outcome
                .stderr
                .contains("  File \"<string>\", line 2, in <module>\n    y = x / 0\n"),
            "{}",
            outcome.stderr
        );
        let outcome = harness::finish(ungil(), b"x = 1\ny = x / 0\n");
        assert!(
            outcome
                .stderr
                .contains("  File \"<stdin>\", line 2, in <module>\n    y = x / 0\n"),
            "{}",
            outcome.stderr
        );
    }

    #[test]
    fn of_a_syntax_error_point_at_the_place() {
        let folder = Folder::new().with("wrong.py", "x = 1\nfor = 2\n");
        let outcome = run_in(&folder, &["wrong.py"]);
        assert_eq!(outcome.status, Some(1));
        let file = folder.path("wrong.py");
        let expected = format!(
            "  File \"{}\", line 2\n    for = 2\n        ^\nSyntaxError: invalid syntax\n",
            file.display()
        );
        assert_eq!(outcome.stderr, expected);
    }

    #[test]
    fn show_what_an_exception_was_raised_from() {
        let outcome = code("try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('v') from e");
        assert!(
            outcome.stderr.contains("direct cause of the following exception"),
            "{}",
            outcome.stderr
        );
        assert_eq!(last_error(&outcome), "ValueError: v");
    }

    #[test]
    fn are_the_scripts_own_affair_if_it_sets_a_hook() {
        let outcome = code("import sys; sys.excepthook = lambda *e: print('hook', e[0].__name__); 1 / 0");
        assert_eq!(
            (outcome.status, outcome.stdout.as_str()),
            (Some(1), "hook ZeroDivisionError\n")
        );
        assert_eq!(outcome.stderr, "");
    }

    #[test]
    fn null_bytes_and_bad_encodings_are_syntax_errors() {
        for source in [&b"x = 1\0"[..], b"# -*- coding: no-such -*-\n", b"x = '\xff'\n"] {
            let folder = Folder::new().with("bad.py", source);
            let outcome = run_in(&folder, &["bad.py"]);
            assert_eq!(outcome.status, Some(1));
            assert!(last_error(&outcome).starts_with("SyntaxError: "), "{}", outcome.stderr);
        }
    }
}

mod lines_from_a_pipe {
    use super::*;

    fn session(options: &[&str], input: &str) -> Outcome {
        let mut command = ungil();
        command.args(options);
        harness::finish(command, input.as_bytes())
    }

    #[test]
    fn are_run_one_by_one_and_values_are_shown() {
        let outcome = session(&["-i", "-q"], "1 + 1\nNone\n_ * 21\n'text'\n");
        assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), "2\n42\n'text'\n"));
    }

    #[test]
    fn can_make_blocks_that_an_empty_line_ends() {
        let outcome = session(
            &["-iq"],
            "def f(n):\n    if n:\n        return 'yes'\n\nf(1)\nfor x in 1, 2: print(x)\n\n",
        );
        assert_eq!(outcome.stdout, "'yes'\n1\n2\n");
    }

    #[test]
    fn can_leave_brackets_and_strings_open() {
        let outcome = session(&["-iq"], "[1,\n2,\n\n3]\n'''a\nb'''\n");
        assert_eq!(outcome.stdout, "[1, 2, 3]\n'a\\nb'\n");
    }

    #[test]
    fn may_end_inside_a_block() {
        assert_eq!(session(&["-iq"], "if 1:\n  print('in')").stdout, "in\n");
        assert!(session(&["-iq"], "f(").stderr.contains("SyntaxError"));
    }

    #[test]
    fn go_on_after_an_exception() {
        let outcome = session(&["-iq"], "1 / 0\ndef def\nimport sys; sys.last_exc\n");
        assert!(
            outcome.stderr.contains("ZeroDivisionError: division by zero"),
            "{}",
            outcome.stderr
        );
        assert!(outcome.stderr.contains("1 / 0\n"), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("SyntaxError: "), "{}", outcome.stderr);
        assert!(outcome.stdout.starts_with("SyntaxError("), "{}", outcome.stdout);
    }

    #[test]
    fn follow_a_script_whose_names_they_see_also_if_it_failed() {
        assert_eq!(session(&["-i", "-c", "x = 5"], "x\n").stdout, "5\n");
        let outcome = session(&["-i", "-c", "x = 6; raise SystemExit(3)"], "x\n");
        assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), "6\n"));
        assert!(outcome.stderr.contains("SystemExit: 3"), "{}", outcome.stderr);
    }

    #[test]
    fn share_standard_input_with_what_they_run() {
        assert_eq!(session(&["-iq"], "x = input()\nfirst\nx\n").stdout, "'first'\n");
    }

    #[test]
    fn end_with_exit_and_its_status() {
        assert_eq!(session(&["-iq"], "exit(5)\nprint('never')\n").status, Some(5));
        assert_eq!(session(&["-iq"], "quit()\n").status, Some(0));
    }

    #[test]
    fn are_greeted_with_the_versions_unless_that_is_switched_off() {
        let greeting = format!("ungil {}", env!("CARGO_PKG_VERSION"));
        assert!(session(&["-i"], "").stderr.starts_with(&greeting));
        assert!(!session(&["-i", "-q"], "").stderr.contains(&greeting));
    }
}
