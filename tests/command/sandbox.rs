//! Programs that are run with `--sandbox`.

use crate::harness::{Folder, finish, run, run_in, ungil};

const READS: &str = "print(open('data.txt').read())";

#[test]
fn nothing_is_allowed_but_to_run() {
    let folder = Folder::new().with("reads.py", READS).with("data.txt", "data");
    let outcome = run_in(&folder, &["--sandbox", "reads.py"]);
    assert_eq!(outcome.status, Some(1));
    assert!(
        crate::last_error(&outcome).starts_with("PermissionError"),
        "{}",
        outcome.stderr
    );
    let outcome = run(&[
        "--sandbox",
        "-c",
        "import sys, json; print(json.dumps(sys.argv)); sys.exit(3)",
        "x",
    ]);
    assert_eq!(
        (outcome.status, outcome.stdout.as_str()),
        (Some(3), "[\"-c\", \"x\"]\n")
    );
}

#[test]
fn reading_and_writing_are_allowed_by_path() {
    let folder = Folder::new()
        .with("reads.py", READS)
        .with("data.txt", "data")
        .with("other.txt", "other");
    let outcome = run_in(&folder, &["--sandbox", "--allow-read=other.txt,data.txt", "reads.py"]);
    assert_eq!(outcome.stdout, "data\n", "{}", outcome.stderr);
    let outcome = run_in(&folder, &["--sandbox", "--allow-read", "reads.py"]);
    assert_eq!(outcome.stdout, "data\n", "{}", outcome.stderr);
    let writes = "open('data.txt', 'w').write('new')";
    assert_eq!(
        run_in(&folder, &["--sandbox", "--allow-read", "-c", writes]).status,
        Some(1)
    );
    assert_eq!(
        run_in(&folder, &["--sandbox", "--allow-write=data.txt", "-c", writes]).status,
        Some(0)
    );
    assert_eq!(std::fs::read_to_string(folder.path("data.txt")).unwrap(), "new");
}

#[test]
fn environment_and_programs_are_allowed_by_name() {
    let outcome = run(&[
        "--sandbox",
        "--allow-env=PATH",
        "-c",
        "import os; print(list(os.environ))",
    ]);
    assert_eq!(outcome.stdout, "['PATH']\n", "{}", outcome.stderr);
    let program = "import subprocess; print(subprocess.run(['echo', 'run'], capture_output=True, text=True).stdout)";
    let outcome = run(&["--sandbox", "--allow-env", "--allow-run=echo", "-c", program]);
    assert_eq!(outcome.stdout, "run\n\n", "{}", outcome.stderr);
    assert_eq!(run(&["--sandbox", "--allow-env", "-c", program]).status, Some(1));
}

#[test]
fn what_cannot_be_granted_is_an_error_of_use() {
    for wrong in ["--allow-net=host:99999", "--allow-read=nowhere/at/all"] {
        let outcome = run(&["--sandbox", wrong, "-c", "1"]);
        assert_eq!(outcome.status, Some(2), "{}", outcome.stderr);
    }
}

/// A folder with a program that is granted as `/bin/echo`, and others of the same name.
fn programs() -> Folder {
    let folder = Folder::new();
    for (name, program) in [
        ("echo", "/bin/echo"),
        ("bin/echo", "/bin/echo"),
        ("inner/echo", "/bin/sh"),
        ("inner/bin/echo", "/bin/sh"),
    ] {
        let link = folder.path(name);
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(program, link).unwrap();
    }
    folder
}

#[test]
fn a_program_is_looked_for_from_the_folder_that_it_runs_in() {
    let program = "
import subprocess
def told(program, folder):
    try:
        return subprocess.run([program, 'run'], cwd=folder, capture_output=True, text=True).stdout.strip()
    except PermissionError:
        return 'refused'
print(told('bin/echo', None), told('bin/echo', 'inner'), told('../bin/echo', 'inner'), told('bin/../echo', 'inner'))
";
    let outcome = run_in(&programs(), &["--sandbox", "--allow-run=/bin/echo", "-c", program]);
    assert_eq!(outcome.stdout, "run refused run refused\n", "{}", outcome.stderr);
}

#[test]
fn a_program_that_was_asked_about_is_not_looked_for_in_another_path() {
    let program = "
import os, _posixsubprocess
def told(folder):
    read, write = os.pipe()
    rest = (-1, -1, -1, write, -1, -1, -1, -1, True, False, -1, None, None, None, -1, None)
    try:
        child = _posixsubprocess.fork_exec([b'echo', b'run'], [b'echo'], True, (), folder, [b'PATH=inner'], *rest)
    except PermissionError:
        return 'refused'
    finally:
        os.close(write)
    os.waitpid(child, 0)
    return os.read(read, 100).decode().strip()
print(told(None), told(b'inner'))
";
    let outcome = run_in(&programs(), &["--sandbox", "--allow-run=/bin/echo", "-c", program]);
    assert_eq!(outcome.stdout, "run refused\n", "{}", outcome.stderr);
}

#[test]
fn a_granted_program_does_not_get_variables_of_the_loader_from_a_script() {
    let program = "
import subprocess
def seen(**variables):
    told = subprocess.run(['env'], env=variables, capture_output=True, text=True).stdout
    return ' '.join(sorted(told.split()))
print(seen(KEPT='1', LD_DEBUG='all', LD_DEBUG_OUTPUT='out', LD_PRELOAD='x.so', GLIBC_TUNABLES='glibc.malloc.check=1'))
print(seen(LD_BIND_NOW='own', MY_LD_PRELOAD='1'))
print(seen(LD_BIND_NOW='other', LDX='1'))
";
    let mut command = ungil();
    command
        .env("LD_BIND_NOW", "own")
        .args(["--sandbox", "--allow-run=env", "-c", program]);
    let outcome = finish(command, b"");
    assert_eq!(
        outcome.stdout, "KEPT=1\nLD_BIND_NOW=own MY_LD_PRELOAD=1\nLDX=1\n",
        "{}",
        outcome.stderr
    );
}

#[test]
fn what_allows_something_needs_the_sandbox() {
    let outcome = run(&["--allow-read=/", "-c", "1"]);
    assert_eq!(outcome.status, Some(2));
    assert!(outcome.stderr.contains("--sandbox"), "{}", outcome.stderr);
}

#[test]
fn a_program_is_read_as_python_reads_it() {
    let text = |name: &str, bytes: &[u8]| {
        let folder = Folder::new();
        std::fs::write(folder.path(name), bytes).unwrap();
        run_in(&folder, &["--sandbox", name])
    };
    assert_eq!(text("mark.py", b"\xef\xbb\xbfprint('mark')").stdout, "mark\n");
    let latin = text("latin.py", b"# -*- coding: latin-1 -*-\nprint('\xe9')");
    assert_eq!(latin.stdout, "\u{e9}\n", "{}", latin.stderr);
    let wrong = text("wrong.py", b"print('\xff')");
    assert_eq!(wrong.status, Some(1), "{}", wrong.stderr);
    let open = text("open.py", b"x = (");
    assert_eq!(crate::last_error(&open), "SyntaxError: '(' was never closed");
}

#[test]
fn options_hold_in_the_sandbox_or_are_refused() {
    let kind = "import sys; print(type(sys.stdout.buffer).__name__)";
    assert_eq!(run(&["--sandbox", "-c", kind]).stdout, "BufferedWriter\n");
    let outcome = run(&["--sandbox", "-u", "-c", kind]);
    assert_eq!(outcome.stdout, "HostOutput\n", "{}", outcome.stderr);
    assert_eq!(run(&["--sandbox", "-i", "-c", "1"]).status, Some(2));
}

#[test]
fn limits_hold_in_the_sandbox_too() {
    let outcome = run(&["--sandbox", "--timeout", "0.2", "-c", "while True: pass"]);
    assert_eq!(outcome.status, Some(1));
    assert!(
        crate::last_error(&outcome).ends_with("DeadlineExceeded: more than 200ms of wall time"),
        "{outcome:?}"
    );
    let grows = "grow = []\nwhile True: grow.append(bytes(10000))";
    let outcome = run(&["--sandbox", "--memory", "60M", "-c", grows]);
    assert_eq!(outcome.status, Some(1));
    assert!(outcome.stderr.contains("62914560 bytes"), "{}", outcome.stderr);
    let floods = "while True: print('flood')";
    let outcome = run(&["--sandbox", "--max-output", "1K", "-c", floods]);
    assert_eq!(outcome.status, Some(1));
    assert!(outcome.stdout.len() <= 2048, "{}", outcome.stdout.len());
}

#[test]
fn a_program_in_the_sandbox_cannot_start_interpreters_without_end() {
    let program = "
import multiprocessing, time
started = []
try:
    while True:
        started.append(multiprocessing.Process(target=time.sleep, args=(60,)))
        started[-1].start()
except BaseException as error:
    print(len(started) - 1, type(error).__name__)
for process in started:
    process.kill() if process.pid else None
";
    let outcome = run(&["--sandbox", "--max-interpreters", "3", "-c", program]);
    assert_eq!(outcome.stdout, "3 LimitExceeded\n", "{}", outcome.stderr);
    let outcome = run(&["--sandbox", "-c", program]);
    let (started, ending) = outcome.stdout.trim_end().split_once(' ').expect("it printed both");
    assert_eq!(ending, "LimitExceeded", "{}", outcome.stderr);
    assert!(started.parse::<u64>().unwrap() >= 8, "{started}");
}

#[test]
fn what_cannot_be_stopped_ends_the_program_with_a_line_that_says_so() {
    let spins = "__import__('math').factorial(10 ** 7)";
    let outcome = run(&["--sandbox", "--timeout", "0.2", "-c", spins]);
    assert_eq!(outcome.status, Some(1));
    let said = crate::last_error(&outcome);
    assert!(
        said.starts_with("ungil: interpreter") && said.ends_with("limit of wall time"),
        "{outcome:?}"
    );
}
