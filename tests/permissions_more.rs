//! What is granted by name: modules and programs; and what the kernel and workers make of it.
#![cfg(target_os = "linux")]

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use ungil::{Error, HostFunction, Interpreter, Permissions};

/// A folder of its own for each test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "ungil-permissions-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(fs::canonicalize(path).unwrap())
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn standard() -> Permissions {
    Permissions::none().allow_module("*").allow_clock()
}

fn build(permissions: Permissions) -> Interpreter {
    Interpreter::builder().permissions(permissions).build().unwrap()
}

/// The class of the exception that a source raises; "" if it raises none.
fn raised(py: &Interpreter, source: &str) -> String {
    match py.exec(source) {
        Ok(()) => String::new(),
        Err(Error::Exception(exception)) => exception.type_name().to_owned(),
        Err(other) => panic!("{source}: {other}"),
    }
}

#[test]
fn modules_are_granted_by_name_with_what_they_are_made_of() {
    let py = build(Permissions::none().allow_module("json").allow_module("xml.*"));
    py.exec("import json, json.decoder, xml.dom.minidom; json.loads('[1]')")
        .unwrap();
    for refused in [
        "import sqlite3",
        "import wsgiref",
        "import importlib; importlib.import_module('imaplib')",
        "import _imp; _imp.get_frozen_object('imaplib')",
    ] {
        assert!(
            ["ModuleNotFoundError", "ImportError"].contains(&raised(&py, refused).as_str()),
            "{refused}"
        );
    }
    let given = Interpreter::builder()
        .permissions(Permissions::none())
        .source("mine", "x = 1")
        .build()
        .unwrap();
    given.exec("import mine").unwrap();
    assert_eq!(raised(&given, "import wsgiref"), "ModuleNotFoundError");
}

#[test]
fn programs_are_granted_by_name() {
    let py = build(
        standard()
            .allow_run("echo")
            .allow_run("cat")
            .allow_run("sleep")
            .allow_env("PATH"),
    );
    py.exec(
        "
import subprocess, signal, os
told = subprocess.run(['echo', 'hello'], capture_output=True, text=True).stdout
piped = subprocess.run(['cat'], input='through a pipe', capture_output=True, text=True).stdout
sleeper = subprocess.Popen(['sleep', '1000'])
sleeper.kill()
code = sleeper.wait()
",
    )
    .unwrap();
    assert_eq!(py.eval::<String>("told").unwrap(), "hello\n");
    assert_eq!(py.eval::<String>("piped").unwrap(), "through a pipe");
    assert_eq!(py.eval::<i32>("code").unwrap(), -9);
    for refused in [
        "subprocess.run(['ls'])",
        "subprocess.run('echo $HOME', shell=True)",
        "os.kill(os.getppid(), 0)",
        "os.waitpid(-1, 0)",
    ] {
        assert_eq!(raised(&py, refused), "PermissionError", "{refused}");
    }
}

#[test]
fn the_kernel_refuses_what_native_code_on_the_thread_tries() {
    let folder = Folder::new();
    let calls = || {
        let answer = |result: i64| {
            if result < 0 {
                std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
            } else {
                0
            }
        };
        // SAFETY: plain numbers, and a path that ends with a zero; whatever comes back is a number.
        unsafe {
            let path = c"/etc/passwd".as_ptr();
            let clone3 = answer(libc::syscall(libc::SYS_clone3, 0, 0));
            vec![
                (
                    "openat",
                    answer(libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path, libc::O_RDONLY)),
                ),
                (
                    "chmod",
                    answer(libc::syscall(libc::SYS_fchmodat, libc::AT_FDCWD, path, 0o777)),
                ),
                (
                    "socket",
                    answer(libc::syscall(libc::SYS_socket, libc::AF_INET, libc::SOCK_DGRAM, 0)),
                ),
                (
                    "unix socket",
                    answer(libc::syscall(libc::SYS_socket, libc::AF_UNIX, libc::SOCK_STREAM, 0)),
                ),
                ("connect", answer(libc::syscall(libc::SYS_connect, 0, path, 16))),
                ("listen", answer(libc::syscall(libc::SYS_listen, 0, 1))),
                (
                    "fork",
                    answer(libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0)),
                ),
                ("execve", answer(libc::syscall(libc::SYS_execve, path, 0, 0))),
                ("kill", answer(libc::syscall(libc::SYS_kill, libc::getpid(), 0))),
                (
                    "ptrace",
                    answer(libc::syscall(libc::SYS_ptrace, libc::PTRACE_TRACEME, 0, 0, 0)),
                ),
                ("unshare", answer(libc::syscall(libc::SYS_unshare, libc::CLONE_NEWUSER))),
                ("io_uring", answer(libc::syscall(libc::SYS_io_uring_setup, 1, 0))),
                (
                    "setrlimit",
                    answer(libc::syscall(libc::SYS_prlimit64, 0, libc::RLIMIT_NOFILE, path, 0)),
                ),
                (
                    "code",
                    answer(libc::mmap(
                        std::ptr::null_mut(),
                        4096,
                        libc::PROT_EXEC,
                        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                        -1,
                        0,
                    ) as i64),
                ),
                ("clone3", if clone3 == libc::ENOSYS { libc::EPERM } else { clone3 }),
            ]
        }
    };
    let py = Interpreter::builder()
        .permissions(standard().allow_read(&folder.0).allow_connect("*"))
        .host_function(
            HostFunction::new("calls", move || {
                let named = calls().into_iter().map(|(name, answer)| (name.to_owned(), answer));
                named.collect::<Vec<(String, i32)>>()
            })
            .inline(),
        )
        .build()
        .unwrap();
    let answers: Vec<(String, i32)> = py.eval("calls()").unwrap();
    for (name, answer) in answers {
        assert!([libc::EPERM, libc::EACCES].contains(&answer), "{name}: {answer}");
    }
}

#[test]
fn workers_have_at_most_the_permissions_of_their_script() {
    let folder = Folder::new();
    let file = folder.file("data", "granted");
    let py = build(standard().allow_read(&file));
    py.set("file", file.to_str()).unwrap();
    py.exec(
        "
import _ungil
def read(path):
    return open(path).read()
def ask(path):
    child = _ungil.start(read, (path,))
    child.join()
    kind, value = child.outcome()
    return kind, value.open()
",
    )
    .unwrap();
    assert!(py.eval::<bool>("ask(file) == ('returned', 'granted')").unwrap());
    assert!(
        py.eval::<bool>("type(ask('/etc/passwd')[1]) is PermissionError")
            .unwrap()
    );
}

/// In KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn sandboxed_interpreters_that_come_and_go_leave_nothing_behind() {
    let once = || {
        let py = Interpreter::sandboxed().build().unwrap();
        py.exec("import socket, os, io, json").unwrap();
        py.close().unwrap();
    };
    (0..20).for_each(|_| once());
    let before = resident();
    (0..60).for_each(|_| once());
    let grown = resident().saturating_sub(before);
    println!("{grown} KiB after 60 interpreters");
    // One that stayed would be more than 5 MiB.
    assert!(grown < 60 << 10, "{grown} KiB");
}
