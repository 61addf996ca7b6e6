//! What an interpreter shows of the process that it is to its script: ids, signals to others, exit.

use std::sync::Arc;

use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine, builtins::PyBaseExceptionRef};

use super::{
    child::Child,
    closure::closure,
    family::{self, Identity, Kind},
    isolate,
};

/// Replaces the functions of `os` that know process ids.
pub(super) fn install(vm: &VirtualMachine, identity: &Arc<Identity>) -> PyResult<()> {
    let os = isolate::system_module(vm)?;
    if identity.has_virtual_pid() {
        let pid = identity.pid;
        os.set_attr("getpid", closure(vm, "getpid", move |(): (), _| pid), vm)?;
    }
    if let Some(parent) = identity.parent_pid {
        os.set_attr("getppid", closure(vm, "getppid", move |(): (), _| parent), vm)?;
    }
    install_kill(vm, &os, identity)?;
    if let Some(child) = &identity.child
        && identity.kind == Kind::Process
    {
        let child = child.clone();
        let exit = closure(vm, "_exit", move |(status,): (i32,), vm| -> PyResult<()> {
            if let Some(child) = child.upgrade() {
                child.exit(status);
            }
            // Raised again at every bytecode until the interpreter is gone.
            Err(crate::bridge::Exceptions::make_stop(
                vm,
                crate::control::StopReason::Cancelled,
            ))
        });
        os.set_attr("_exit", exit, vm)?;
    }
    Ok(())
}

/// `os.kill` reaches children by their ids, and from a child nothing else: neither its host nor itself as a whole.
fn install_kill(vm: &VirtualMachine, os: &PyObjectRef, identity: &Arc<Identity>) -> PyResult<()> {
    if !os.has_attr("kill", vm)? {
        return Ok(());
    }
    let system_kill = os.get_attr("kill", vm)?;
    let identity = identity.clone();
    let kill = closure(vm, "kill", move |(pid, signal): (i64, i32), vm| -> PyResult {
        if family::is_virtual(pid) {
            let child = u32::try_from(pid).ok().and_then(|pid| identity.family.child(pid));
            return send(vm, child, signal).map(|()| vm.ctx.none());
        }
        let is_own_process = pid <= 0 || pid == i64::from(std::process::id());
        if is_own_process && signal != 0 && identity.kind != Kind::Root {
            return Err(denied(vm));
        }
        system_kill.call((pid, signal), vm)
    });
    os.set_attr("kill", kill, vm)
}

fn send(vm: &VirtualMachine, child: Option<Arc<Child>>, signal: i32) -> PyResult<()> {
    let Some(child) = child else {
        let class = vm.ctx.exceptions.process_lookup_error.to_owned();
        return Err(vm.new_os_subtype_error(class, Some(3), "No such process").upcast());
    };
    if !(0..=64).contains(&signal) {
        let class = vm.ctx.exceptions.os_error.to_owned();
        return Err(vm.new_os_subtype_error(class, Some(22), "Invalid argument").upcast());
    }
    if signal != 0 {
        child.signal(signal);
    }
    Ok(())
}

fn denied(vm: &VirtualMachine) -> PyBaseExceptionRef {
    let class = vm.ctx.exceptions.permission_error.to_owned();
    let message = "the signal would reach the host process; a worker can only signal other workers, by their ids";
    vm.new_os_subtype_error(class, Some(1), message).upcast()
}
