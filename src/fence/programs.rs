//! Starting granted programs for a fenced thread, by the thread that has the same descriptors without the fence.

use std::{
    cell::RefCell,
    collections::HashSet,
    ffi::{OsStr, OsString},
    fs, io,
    os::fd::{FromRawFd, OwnedFd, RawFd},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};
use rustpython_vm::{PyResult, VirtualMachine};

use super::{outside, policy::Fence};

thread_local! {
    /// The programs that the interpreter of this thread has started and not waited for.
    static STARTED: RefCell<HashSet<i32>> = RefCell::default();
}

/// What a script wants to run.
pub(super) struct Order {
    pub(super) args: Vec<OsString>,
    /// Where it may be; the first that is there counts.
    pub(super) candidates: Vec<PathBuf>,
    pub(super) folder: Option<PathBuf>,
    pub(super) environment: Option<Vec<(OsString, OsString)>>,
    /// stdin, stdout and stderr: numbers of the thread's table, negative for its own.
    pub(super) streams: [RawFd; 3],
}

/// Starts a program if it is granted; its id.
pub(super) fn start(fence: &Arc<Fence>, order: Order) -> io::Result<i32> {
    let mate = outside::mate().ok_or(io::ErrorKind::NotConnected)?;
    let fence = fence.clone();
    let id = mate.run(move || spawn(&fence, order))??;
    STARTED.with_borrow_mut(|started| started.insert(id));
    Ok(id)
}

fn spawn(fence: &Fence, order: Order) -> io::Result<i32> {
    use std::os::unix::process::CommandExt;

    let (given, program) = find(&order)?;
    if !fence.allows_run(&program) {
        let what = format!("running {}", given.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, what));
    }
    // By its real path, so that neither the child's folder nor its PATH makes it another file than was asked about.
    let mut command = Command::new(&program);
    let mut args = order.args.into_iter();
    if let Some(name) = args.next() {
        command.arg0(name);
    }
    command.args(args);
    if let Some(environment) = order.environment {
        let kept = environment
            .into_iter()
            .filter(|(name, value)| !steers_loader(name, value));
        command.env_clear().envs(kept);
    }
    if let Some(folder) = order.folder {
        command.current_dir(folder);
    }
    let [stdin, stdout, stderr] = order.streams;
    command
        .stdin(stream(stdin)?)
        .stdout(stream(stdout)?)
        .stderr(stream(stderr)?);
    // Dropping it does not end it; it is waited for by its id.
    let child = command.spawn()?;
    i32::try_from(child.id()).map_err(io::Error::other)
}

/// The first candidate that is there, seen from the folder that it is to run in: as it was given, and its real path.
fn find(order: &Order) -> io::Result<(&Path, PathBuf)> {
    let folder = order.folder.as_deref().unwrap_or(Path::new(""));
    let there = order.candidates.iter().find(|path| folder.join(path).is_file());
    let given = there.ok_or_else(|| io::Error::from_raw_os_error(libc::ENOENT))?;
    let real = fs::canonicalize(folder.join(given))?;
    Ok((given.as_path(), real))
}

/// Whether a script would have the loader give a program other code by that variable. What the process has itself is no
/// choice of the script's.
fn steers_loader(name: &OsStr, value: &OsStr) -> bool {
    let is_loaders = name.as_encoded_bytes().starts_with(b"LD_") || name == "GLIBC_TUNABLES";
    is_loaders && std::env::var_os(name).as_deref() != Some(value)
}

fn stream(number: RawFd) -> io::Result<Stdio> {
    if number < 0 {
        return Ok(Stdio::null());
    }
    // SAFETY: any number can be asked for; what comes back is new, and owned by nobody else.
    let copy = unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 3) };
    if copy < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: as above.
    Ok(Stdio::from(unsafe { OwnedFd::from_raw_fd(copy) }))
}

fn is_own(id: i32) -> bool {
    STARTED.with_borrow(|started| started.contains(&id))
}

/// Waits for a program that this interpreter has started: its id and status, or `None` if it runs still and nobody wants
/// to wait.
pub(super) fn wait(vm: &VirtualMachine, id: i32, block: bool) -> PyResult<io::Result<Option<i32>>> {
    let Some(mate) = outside::mate().filter(|_| is_own(id)) else {
        return Ok(Err(io::Error::from_raw_os_error(libc::ECHILD)));
    };
    if block && let Err(error) = wait_for_end(vm, id)? {
        return Ok(Err(error));
    }
    let reaped = mate.run(move || {
        let mut status = 0;
        // SAFETY: the status is written to a variable of this function; the id is of a child of the process that nobody
        // else waits for.
        match unsafe { libc::waitpid(id, &raw mut status, libc::WNOHANG) } {
            0 => Ok(None),
            done if done == id => Ok(Some(status)),
            _ => Err(io::Error::last_os_error()),
        }
    });
    let reaped = reaped.and_then(|reaped| reaped);
    if matches!(reaped, Ok(Some(_)) | Err(_)) {
        STARTED.with_borrow_mut(|started| started.remove(&id));
    }
    Ok(reaped)
}

/// By a descriptor that is readable when the program has ended.
fn wait_for_end(vm: &VirtualMachine, id: i32) -> PyResult<io::Result<()>> {
    let opened = outside::mate().map(|mate| mate.run(move || open_process(id)));
    let watched = match opened {
        Some(Ok(Ok(watched))) => watched,
        Some(Ok(Err(error)) | Err(error)) => return Ok(Err(error)),
        None => return Ok(Err(io::ErrorKind::NotConnected.into())),
    };
    let close = || {
        let _ = nix::unistd::close(watched);
    };
    loop {
        if let Err(interrupt) = vm.check_signals() {
            close();
            return Err(interrupt);
        }
        // SAFETY: it was opened for this, in the table of this thread.
        let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(watched) };
        match poll(&mut [PollFd::new(borrowed, PollFlags::POLLIN)], PollTimeout::NONE) {
            Err(Errno::EINTR) => {}
            outcome => {
                close();
                return Ok(outcome.map(drop).map_err(io::Error::from));
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn open_process(id: i32) -> io::Result<RawFd> {
    // SAFETY: plain numbers; what comes back is new.
    match unsafe { libc::syscall(libc::SYS_pidfd_open, id, 0) } {
        number if number >= 0 => RawFd::try_from(number).map_err(io::Error::other),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(not(target_os = "linux"))]
fn open_process(_id: i32) -> io::Result<RawFd> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Sends a signal to a program that this interpreter has started; `None` for any other process.
pub(super) fn kill(id: i32, signal: i32) -> Option<io::Result<()>> {
    let mate = outside::mate().filter(|_| is_own(id))?;
    // SAFETY (of the call below): plain numbers. Nobody else has waited for it, so the id is its own still.
    let sent = mate.run(move || match unsafe { libc::kill(id, signal) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    });
    Some(sent.and_then(|sent| sent))
}

/// Ends what the interpreter of this thread has left running, and waits for it.
pub(super) fn abandon() {
    for id in STARTED.take() {
        outside::later(move || {
            // SAFETY: plain numbers; nobody else has waited for it.
            unsafe {
                libc::kill(id, libc::SIGKILL);
                libc::waitpid(id, std::ptr::null_mut(), 0);
            }
        });
    }
}
