//! What scripts may do outside their interpreter, and what they may not.
#![cfg(target_os = "linux")]

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use ungil::{Error, HostFunction, Interpreter, Output, Permissions};

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
fn the_standard_library_works_without_files() {
    let py = Interpreter::sandboxed().stdout(Output::Capture).build().unwrap();
    py.exec(
        "
import asyncio, collections, contextlib, csv, dataclasses, datetime, decimal, enum, fractions, functools, hashlib, io, json
import logging, math, os, pathlib, pickle, queue, random, re, select, shutil, signal, socket, statistics, string, struct
import subprocess, sys, tempfile, textwrap, threading, time, traceback, typing, unittest, urllib.request, uuid, zlib
async def main():
    await asyncio.sleep(0.001)
    return 'slept'
print(asyncio.run(main()), datetime.datetime.now() > datetime.datetime(2020, 1, 1), uuid.uuid4().version, random.random() < 1)
",
    )
    .unwrap();
    assert_eq!(py.take_stdout(), b"slept True 4 True\n");
    assert_eq!(py.eval::<String>("sys.executable").unwrap(), "");
}

#[test]
fn reading_is_granted_below_a_folder() {
    let folder = Folder::new();
    let file = folder.file("data.txt", "granted");
    let py = build(standard().allow_read(&folder.0));
    py.set("folder", folder.0.to_str()).unwrap();
    py.set("file", file.to_str()).unwrap();
    py.exec("import os, pathlib").unwrap();
    assert_eq!(py.eval::<String>("open(file).read()").unwrap(), "granted");
    assert_eq!(py.eval::<Vec<String>>("os.listdir(folder)").unwrap(), ["data.txt"]);
    assert_eq!(py.eval::<String>("pathlib.Path(file).read_text()").unwrap(), "granted");
    assert_eq!(py.eval::<u64>("os.stat(file).st_size").unwrap(), 7);
    assert_eq!(raised(&py, "open(folder + '/nothing')"), "FileNotFoundError");
    for refused in [
        "open(file, 'w')",
        "open(file, 'r+')",
        "os.remove(file)",
        "os.mkdir(folder + '/new')",
        "os.open(file, os.O_RDWR)",
        "open(folder + '/../../etc/passwd')",
        "open('/etc/passwd')",
        "os.stat('/etc/passwd')",
        "os.listdir('/')",
        "os.chdir('/')",
    ] {
        assert_eq!(raised(&py, refused), "PermissionError", "{refused}");
    }
}

#[test]
fn writing_is_granted_below_a_folder() {
    let folder = Folder::new();
    let elsewhere = Folder::new();
    let target = elsewhere.file("target", "untouched");
    std::os::unix::fs::symlink(&target, folder.0.join("link")).unwrap();
    std::os::unix::fs::symlink(elsewhere.0.join("new"), folder.0.join("dangling")).unwrap();
    let py = build(standard().allow_read(&folder.0).allow_write(&folder.0));
    py.set("folder", folder.0.to_str()).unwrap();
    py.set("target", target.to_str()).unwrap();
    py.exec(
        "
import os, shutil, tempfile
os.mkdir(folder + '/sub')
with open(folder + '/sub/a', 'w') as f: f.write('text')
os.rename(folder + '/sub/a', folder + '/b')
with open(folder + '/b', 'a') as f: f.write(' and more')
os.symlink('b', folder + '/inside')
with tempfile.NamedTemporaryFile(dir=folder) as f: f.write(b'temporary')
",
    )
    .unwrap();
    assert_eq!(fs::read_to_string(folder.0.join("b")).unwrap(), "text and more");
    py.exec("shutil.rmtree(folder + '/sub')").unwrap();
    assert!(!folder.0.join("sub").exists());
    for refused in [
        "open(folder + '/link', 'w')",
        "open(folder + '/dangling', 'w')",
        "os.rename(folder + '/b', target)",
        "os.symlink(target, folder + '/outward')",
        "os.link(target, folder + '/hard')",
        "os.truncate(folder + '/link', 0)",
        "os.chmod(folder + '/b', 0o777)",
        "os.utime(folder + '/b')",
        "os.mkfifo(folder + '/pipe')",
    ] {
        let raised = raised(&py, refused);
        assert!(
            ["PermissionError", "AttributeError"].contains(&raised.as_str()),
            "{refused}: {raised}"
        );
    }
    assert_eq!(fs::read_to_string(target).unwrap(), "untouched");
    assert!(!elsewhere.0.join("new").exists());
}

#[test]
fn entries_of_a_granted_folder_tell_what_it_may_look_at() {
    let folder = Folder::new();
    folder.file("data.txt", "granted");
    std::os::unix::fs::symlink("data.txt", folder.0.join("inside")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.0.join("outside")).unwrap();
    std::os::unix::fs::symlink("/etc", folder.0.join("away")).unwrap();
    let py = build(standard().allow_read(&folder.0));
    py.set("folder", folder.0.to_str()).unwrap();
    py.exec("import os\nby_path = {e.name: e for e in os.scandir(folder)}")
        .unwrap();
    py.exec("by_number = {e.name: e for e in os.scandir(os.open(folder, os.O_RDONLY))}")
        .unwrap();
    for told in [
        "by_path['data.txt'].is_file() and by_path['data.txt'].stat().st_size == 7",
        "by_path['inside'].is_file() and by_path['inside'].stat().st_size == 7",
        "by_path['outside'].is_symlink() and not by_path['outside'].is_file()",
        "by_path['outside'].stat(follow_symlinks=False).st_size == len('/etc/passwd')",
        "by_number['data.txt'].is_file() and by_number['outside'].is_symlink()",
        "next(os.walk(folder))[1] == []",
    ] {
        assert!(py.eval::<bool>(told).unwrap(), "{told}");
    }
    for refused in ["by_path['outside'].stat()", "by_number['outside'].stat()"] {
        assert_eq!(raised(&py, refused), "PermissionError", "{refused}");
    }
}

#[test]
fn a_link_is_moved_only_to_where_it_leads_inside() {
    let folder = Folder::new();
    folder.file("data.txt", "granted");
    let py = build(standard().allow_read(&folder.0).allow_write(&folder.0));
    py.set("folder", folder.0.to_str()).unwrap();
    py.exec(
        "
import os
os.mkdir(folder + '/sub')
os.symlink('../data.txt', folder + '/sub/link')
os.rename(folder + '/sub/link', folder + '/sub/moved')
text = open(folder + '/sub/moved').read()
",
    )
    .unwrap();
    assert_eq!(py.get::<String>("text").unwrap(), "granted");
    for refused in [
        "os.rename(folder + '/sub/moved', folder + '/link')",
        "os.replace(folder + '/sub/moved', folder + '/data.txt')",
        "os.chdir(folder); os.rename('sub/moved', 'link')",
    ] {
        assert_eq!(raised(&py, refused), "PermissionError", "{refused}");
    }
    assert!(folder.0.join("sub/moved").is_symlink());
}

#[test]
fn a_mode_is_what_it_says_to_who_opens_the_file() {
    let folder = Folder::new();
    let file = folder.file("data.txt", "untouched");
    for permissions in [standard(), standard().without_kernel()] {
        let py = build(permissions.allow_read(&folder.0));
        py.set("file", file.to_str()).unwrap();
        py.exec("import io\nclass Mode(str):\n    def __str__(self): return 'r'")
            .unwrap();
        for refused in [
            "io.FileIO(file, Mode('w'))",
            "io.FileIO(file, mode=Mode('a'))",
            "io.FileIO(file + '.new', Mode('x'))",
        ] {
            assert_eq!(raised(&py, refused), "PermissionError", "{refused}");
        }
        assert_eq!(raised(&py, "io.FileIO(file, Mode('r')).close()"), "");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "untouched");
    assert!(!folder.0.join("data.txt.new").exists());
}

#[test]
fn a_file_that_is_put_in_the_place_of_a_granted_one_is_another() {
    let folder = Folder::new();
    let file = folder.file("data", "first");
    let py = build(standard().allow_read(&file));
    py.set("file", file.to_str()).unwrap();
    assert_eq!(py.eval::<String>("open(file).read()").unwrap(), "first");
    fs::rename(&file, folder.0.join("old")).unwrap();
    fs::write(&file, "second").unwrap();
    assert_eq!(raised(&py, "open(file)"), "PermissionError");
    let anew = build(standard().allow_read(&file));
    anew.set("file", file.to_str()).unwrap();
    assert_eq!(anew.eval::<String>("open(file).read()").unwrap(), "second");
}

#[test]
fn what_does_not_exist_cannot_be_granted() {
    let error = Interpreter::builder()
        .permissions(standard().allow_read("/nowhere/at/all"))
        .build()
        .unwrap_err();
    assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
}

#[test]
fn environment_variables_are_granted_by_name() {
    let py = build(standard().allow_env("PATH"));
    py.exec("import os").unwrap();
    assert_eq!(py.eval::<Vec<String>>("list(os.environ)").unwrap(), ["PATH"]);
    let none = Interpreter::builder()
        .permissions(standard())
        .env("GIVEN", "by the builder")
        .build()
        .unwrap();
    none.exec("import os").unwrap();
    assert_eq!(none.eval::<Vec<String>>("list(os.environ)").unwrap(), ["GIVEN"]);
}

#[test]
fn clocks_are_granted() {
    let py = build(Permissions::none().allow_module("*"));
    py.exec("import time, datetime").unwrap();
    for refused in [
        "time.time()",
        "time.monotonic()",
        "time.perf_counter_ns()",
        "time.localtime()",
        "time.strftime('%Y')",
        "datetime.datetime.now()",
        "datetime.date.today()",
        "datetime.datetime.utcnow()",
        "type('Mine', (datetime.datetime,), {}).now()",
    ] {
        assert_eq!(raised(&py, refused), "PermissionError", "{refused}");
    }
    py.exec("time.sleep(0.001); time.gmtime(0); time.strftime('%Y', time.gmtime(0))")
        .unwrap();
    build(standard()).exec("import time; time.time()").unwrap();
}

#[test]
fn connecting_is_granted_by_host_and_port() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = thread::spawn(move || {
        for _ in 0..3 {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"hello").unwrap();
        }
    });
    let py = build(standard().allow_connect(format!("localhost:{port}")));
    py.set("port", port).unwrap();
    py.set("other", other.local_addr().unwrap().port()).unwrap();
    py.exec(
        "
import socket, asyncio
with socket.create_connection(('localhost', port), timeout=10) as s:
    first = s.recv(5)
s = socket.socket()
s.connect(('localhost', port))
second = s.recv(5)
async def main():
    reader, writer = await asyncio.open_connection('127.0.0.1', port)
    return await reader.readexactly(5)
third = asyncio.run(main())
",
    )
    .unwrap();
    assert!(py.eval::<bool>("first == second == third == b'hello'").unwrap());
    server.join().unwrap();
    for refused in [
        "socket.create_connection(('127.0.0.1', other))",
        "socket.create_connection(('localhost', other))",
        "socket.socket().bind(('127.0.0.1', 0))",
        "socket.socket().listen()",
        "socket.getaddrinfo('example.com', 80)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "socket.socket(socket.AF_UNIX)",
    ] {
        assert_eq!(raised(&py, refused), "PermissionError", "{refused}");
    }
}

#[test]
fn listening_is_granted_by_address_and_port() {
    let py = build(standard().allow_bind("127.0.0.1:0"));
    py.exec("import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); port = s.getsockname()[1]")
        .unwrap();
    let port: u16 = py.get("port").unwrap();
    let client = thread::spawn(move || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    });
    py.exec("c, _ = s.accept(); c.sendall(b'served'); c.close()").unwrap();
    assert_eq!(client.join().unwrap(), "served");
    assert_eq!(raised(&py, "socket.socket().bind(('0.0.0.0', 0))"), "PermissionError");
    assert_eq!(
        raised(&py, "socket.create_connection(('127.0.0.1', port))"),
        "PermissionError"
    );
}

#[test]
fn host_functions_run_outside_the_fence_unless_they_are_inline() {
    let folder = Folder::new();
    let file = folder.file("host.txt", "the host's");
    let path = file.clone();
    let outside = move || fs::read_to_string(&path).map_err(|error| error.to_string());
    let inside = move || fs::read_to_string(&file).map_err(|error| error.kind().to_string());
    let py = Interpreter::builder()
        .permissions(standard())
        .function("outside", outside)
        .host_function(HostFunction::new("inside", inside).inline())
        .build()
        .unwrap();
    assert_eq!(py.eval::<String>("outside()").unwrap(), "the host's");
    let Error::Exception(refusal) = py.eval::<String>("inside()").unwrap_err() else {
        panic!("not an exception");
    };
    assert_eq!(refusal.message(), "permission denied");
}

#[test]
fn a_host_function_that_waits_does_not_keep_a_script_from_being_stopped() {
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let (entered, waiting) = std::sync::mpsc::channel();
    let (wait, entered) = (std::sync::Mutex::new(wait), std::sync::Mutex::new(entered));
    let block = move || {
        entered.lock().unwrap().send(()).unwrap();
        let _ = wait.lock().unwrap().recv();
    };
    let py = Interpreter::builder()
        .permissions(standard())
        .function("block", block)
        .function("answer", || 42)
        .build()
        .unwrap();
    let job = py.spawn::<()>(ungil::Task::exec("block()"));
    waiting.recv().unwrap();
    job.cancel();
    assert!(matches!(job.wait(), Err(Error::Cancelled)));
    assert_eq!(py.eval::<u32>("answer()").unwrap(), 42);
    drop(release);
}

#[test]
fn async_host_functions_work_behind_the_fence() {
    let py = Interpreter::builder()
        .permissions(standard())
        .async_function("page", |n: u32| async move { format!("page {n}") })
        .build()
        .unwrap();
    py.exec("import asyncio\nasync def both(): return await asyncio.gather(page(1), page(2))")
        .unwrap();
    assert_eq!(py.call_async::<Vec<String>>("both", ()).unwrap(), ["page 1", "page 2"]);
}

#[test]
fn a_host_function_that_calls_its_own_interpreter_gets_an_error() {
    let slot = std::sync::Arc::new(std::sync::OnceLock::<Interpreter>::new());
    let own = slot.clone();
    let back = move || {
        own.get()
            .unwrap()
            .eval::<u32>("1")
            .map_err(|error| matches!(error, Error::Reentrant { .. }).to_string())
    };
    let py = Interpreter::builder()
        .permissions(standard())
        .function("back", back)
        .build()
        .unwrap();
    assert!(slot.set(py.clone()).is_ok());
    let Error::Exception(refusal) = py.eval::<u32>("back()").unwrap_err() else {
        panic!("not an exception");
    };
    assert_eq!(refusal.message(), "true");
}

#[test]
fn output_goes_where_the_builder_says() {
    let (send, received) = std::sync::mpsc::channel();
    let send = std::sync::Mutex::new(send);
    let here = thread::current().id();
    let py = Interpreter::builder()
        .permissions(standard())
        .stdout(Output::callback(move |bytes| {
            send.lock()
                .unwrap()
                .send((bytes.to_vec(), thread::current().id()))
                .unwrap()
        }))
        .stderr(Output::Capture)
        .build()
        .unwrap();
    py.exec("import sys, os; print('out'); print('err', file=sys.stderr); os.write(1, b'raw')")
        .unwrap();
    let (bytes, thread) = received.recv().unwrap();
    assert_eq!(bytes, b"out\n");
    assert_ne!(thread, here);
    assert_eq!(py.take_stderr(), b"err\n");
}

#[test]
fn threads_are_used_again_only_behind_the_same_fence_and_for_the_same_tenant() {
    let thread = |permissions: Permissions, tenant: &str| {
        let py = Interpreter::builder()
            .permissions(permissions)
            .tenant(tenant)
            .build()
            .unwrap();
        let thread = py.with(|_| thread::current().id()).unwrap();
        py.close().unwrap();
        thread
    };
    let first = thread(standard().allow_env("A"), "threads");
    // It is idle a moment after its last interpreter was closed.
    let again = (0..100).any(|_| first == thread(standard().allow_env("A"), "threads"));
    assert!(again);
    assert_ne!(first, thread(standard().allow_env("B"), "threads"));
    assert_ne!(first, thread(standard().allow_env("A"), "others"));
    assert_ne!(first, thread(Permissions::all(), "threads"));
    assert_ne!(first, thread(standard().allow_env("A").without_kernel(), "threads"));
}
