//! Keeping process-wide state out of an interpreter's reach: working directory, umask, environment, signals, exit.

use std::ffi::OsString;

use rustpython_vm::{
    PyObjectRef, PyResult, VirtualMachine,
    function::{FuncArgs, OptionalArg},
};

use super::{
    blueprint::{Blueprint, ProcessRole},
    closure::closure,
};
use crate::control::Control;

/// Gives the calling thread a working directory and umask of its own, where the system can.
pub(super) fn prepare_thread(role: ProcessRole) {
    #[cfg(target_os = "linux")]
    {
        use nix::sched::{CloneFlags, unshare};
        // The main script's chdir is the process's; every other interpreter keeps its own.
        if role == ProcessRole::Guest
            && let Err(error) = unshare(CloneFlags::CLONE_FS)
        {
            tracing::warn!(%error, "interpreters share one working directory");
        }
    }
    #[cfg(unix)]
    if role == ProcessRole::Main {
        use nix::sys::signal::SigSet;
        // The command blocks signals in all other threads, so that the kernel delivers them here, where Python runs.
        let _ = SigSet::all().thread_unblock();
    }
    let _ = role;
}

/// Sets the working directory and umask that a new interpreter starts with, whatever an earlier one on the thread did.
pub(super) fn enter(blueprint: &Blueprint) -> std::io::Result<()> {
    if blueprint.process == ProcessRole::Main {
        return match &blueprint.working_dir {
            Some(dir) => std::env::set_current_dir(dir),
            None => Ok(()),
        };
    }
    #[cfg(target_os = "linux")]
    {
        if let Some(fence) = &blueprint.fence {
            // It is its own, and where files are granted a script may have changed it.
            let _ = std::env::set_current_dir(fence.start_folder());
            nix::sys::stat::umask(process_umask());
            return Ok(());
        }
        let asked = blueprint.working_dir.clone();
        // The process's own directory is that of its main thread, whatever this thread did before.
        if let Some(dir) = asked.or_else(|| std::fs::read_link("/proc/self/cwd").ok()) {
            match std::env::set_current_dir(dir) {
                Err(error) if blueprint.working_dir.is_some() => return Err(error),
                // A host whose directory was removed gets an interpreter all the same.
                _ => {}
            }
        }
        nix::sys::stat::umask(process_umask());
    }
    Ok(())
}

/// The umask that the process had when its first interpreter was made.
#[cfg(target_os = "linux")]
fn process_umask() -> nix::sys::stat::Mode {
    use nix::sys::stat::{Mode, umask};
    static UMASK: std::sync::OnceLock<Mode> = std::sync::OnceLock::new();
    *UMASK.get_or_init(|| {
        // Reading it means setting it; this thread's is its own, so nobody sees the moment between.
        let mask = umask(Mode::empty());
        umask(mask);
        mask
    })
}

/// Puts our native `_thread` in the place of the stand-in in Python, which a VM without threads starts with.
pub(super) fn install_threads(vm: &VirtualMachine) -> PyResult<()> {
    let modules = vm.sys_module.get_attr("modules", vm)?;
    modules.del_item("_thread", vm)?;
    let native = vm.import("_thread", 0)?;
    // The import system has its locks from there.
    vm.import("_frozen_importlib", 0)?.set_attr("_thread", native, vm)
}

/// The native module behind `os`.
pub(super) fn system_module(vm: &VirtualMachine) -> PyResult {
    vm.import(if cfg!(windows) { "nt" } else { "posix" }, 0)
}

/// Gives scripts the environment variables that they are to see.
pub(super) fn set_environment(vm: &VirtualMachine, blueprint: &Blueprint) -> PyResult<()> {
    let variables = blueprint.environment.resolve(blueprint.fence.as_ref());
    install_environment(vm, &system_module(vm)?, variables)
}

/// Replaces the functions of native modules that act on the whole process.
pub(super) fn guard_process(vm: &VirtualMachine, blueprint: &Blueprint) -> PyResult<()> {
    let os = system_module(vm)?;
    #[cfg(target_os = "linux")]
    install_affinity(vm, &os)?;
    if blueprint.process == ProcessRole::Guest {
        guard_exits(vm, &os)?;
        guard_signals(vm)?;
    }
    Ok(())
}

fn install_environment(vm: &VirtualMachine, os: &PyObjectRef, variables: Vec<(OsString, OsString)>) -> PyResult<()> {
    fn as_dict(vm: &VirtualMachine, variables: &[(OsString, OsString)]) -> PyResult<PyObjectRef> {
        let dict = vm.ctx.new_dict();
        for (name, value) in variables {
            dict.set_item(&*os_object(vm, name), os_object(vm, value), vm)?;
        }
        Ok(dict.into())
    }
    os.set_attr("environ", as_dict(vm, &variables)?, vm)?;
    // `os.environ` is a dict over these; the process's own environment is neither read nor written again. Writing it
    // would race with every getenv() in the process.
    let create = closure(vm, "_create_environ", move |(): (), vm| as_dict(vm, &variables));
    os.set_attr("_create_environ", create, vm)?;
    for name in ["putenv", "unsetenv"] {
        let ignore = closure(vm, name, |_: (PyObjectRef, OptionalArg<PyObjectRef>), _| {});
        os.set_attr(name, ignore, vm)?;
    }
    Ok(())
}

/// `os.sched_getaffinity`, which the VM lacks: `os.process_cpu_count` asks it too, and so does every pool.
#[cfg(target_os = "linux")]
fn install_affinity(vm: &VirtualMachine, os: &PyObjectRef) -> PyResult<()> {
    use nix::{
        sched::{CpuSet, sched_getaffinity},
        unistd::Pid,
    };
    use rustpython_vm::{PyPayload, builtins::PySet, convert::ToPyException};

    let get = closure(vm, "sched_getaffinity", |(pid,): (i32,), vm| -> PyResult {
        let set =
            sched_getaffinity(Pid::from_raw(pid)).map_err(|error| std::io::Error::from(error).to_pyexception(vm))?;
        let numbers = PySet::default().into_ref(&vm.ctx);
        for number in (0..CpuSet::count()).filter(|number| set.is_set(*number).unwrap_or(false)) {
            numbers.add(vm.ctx.new_int(number).into(), vm)?;
        }
        Ok(numbers.into())
    });
    os.set_attr("sched_getaffinity", get, vm)
}

#[cfg(unix)]
fn os_object(vm: &VirtualMachine, text: &OsString) -> PyObjectRef {
    use std::os::unix::ffi::OsStrExt;
    vm.ctx.new_bytes(text.as_bytes().to_vec()).into()
}

#[cfg(not(unix))]
fn os_object(vm: &VirtualMachine, text: &OsString) -> PyObjectRef {
    vm.ctx.new_str(text.to_string_lossy().into_owned()).into()
}

/// `os._exit` and its kin would end the host: in a guest they end the script, or say why not.
fn guard_exits(vm: &VirtualMachine, os: &PyObjectRef) -> PyResult<()> {
    fn leave(vm: &VirtualMachine, status: PyObjectRef) -> PyResult<()> {
        Err(vm.new_exception(vm.ctx.exceptions.system_exit.to_owned(), vec![status]))
    }
    let exit = closure(vm, "_exit", |(status,): (PyObjectRef,), vm| leave(vm, status));
    os.set_attr("_exit", exit, vm)?;
    // The status of a process that died of SIGABRT, as a shell shows it.
    let abort = closure(vm, "abort", |(): (), vm| leave(vm, vm.ctx.new_int(134).into()));
    os.set_attr("abort", abort, vm)?;
    for name in ["fork", "fork1", "forkpty", "execv", "execve"] {
        if os.has_attr(name, vm)? {
            let refuse = closure(vm, name, |_: FuncArgs, vm| -> PyResult<()> {
                let message = "this would replace or copy the host's process; use subprocess to start a program";
                let class = vm.ctx.exceptions.permission_error.to_owned();
                Err(vm.new_os_subtype_error(class, Some(1), message).upcast())
            });
            os.set_attr(name, refuse, vm)?;
        }
    }
    Ok(())
}

/// Sets how deep functions may call one another, and keeps scripts from going beyond what the host allows.
pub(super) fn guard_recursion(vm: &VirtualMachine, limit: Option<usize>) -> PyResult<()> {
    if let Some(limit) = limit {
        vm.recursion_limit.set(limit);
    }
    let original = vm.sys_module.get_attr("setrecursionlimit", vm)?;
    let set = closure(vm, "setrecursionlimit", move |(depth,): (PyObjectRef,), vm| {
        let allowed = Control::current().and_then(|control| control.limits().recursion);
        if let Some(allowed) = allowed
            && depth
                .clone()
                .try_into_value::<i64>(vm)
                .is_ok_and(|depth| depth > allowed as i64)
        {
            let message = format!("the host allows a recursion limit of {allowed} at most");
            return Err(vm.new_value_error(message));
        }
        original.call((depth,), vm)
    });
    vm.sys_module.set_attr("setrecursionlimit", set, vm)
}

/// Signals are the host's. The VM records handlers that a guest sets without installing them; what is left would act on
/// the process all the same.
fn guard_signals(vm: &VirtualMachine) -> PyResult<()> {
    let module = vm.import("_signal", 0)?;
    let no_fd = closure(vm, "set_wakeup_fd", |_: FuncArgs, vm| vm.ctx.new_int(-1));
    module.set_attr("set_wakeup_fd", no_fd, vm)?;
    for name in [
        "setitimer",
        "alarm",
        "pthread_sigmask",
        "siginterrupt",
        "raise_signal",
        "pause",
        "sigwait",
    ] {
        if module.has_attr(name, vm)? {
            let refuse = closure(vm, name, |_: FuncArgs, vm| -> PyResult<()> {
                Err(vm.new_value_error(
                    "signals belong to the host process here; an interpreter inside it cannot use them",
                ))
            });
            module.set_attr(name, refuse, vm)?;
        }
    }
    Ok(())
}
