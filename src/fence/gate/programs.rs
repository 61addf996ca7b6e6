//! Functions that start, wait for and signal programs.

use std::{ffi::OsString, io, path::PathBuf, sync::Arc};

use rustpython_vm::{
    AsObject, PyObjectRef, PyResult, TryFromBorrowedObject, VirtualMachine, convert::IntoPyException,
    function::FuncArgs,
};

use super::{arguments, refusal};
use crate::fence::{
    Fence,
    programs::{self, Order},
};

const GRANT: &str = "allow_run(program)";

/// `_posixsubprocess.fork_exec`, as `subprocess` calls it.
pub(super) fn fork_exec(vm: &VirtualMachine, fence: &Arc<Fence>, name: &str, args: FuncArgs) -> PyResult {
    if !fence.runs_programs() {
        return Err(refusal(vm, name, GRANT));
    }
    let given = args.args.as_slice();
    let [
        argv,
        candidates,
        _,
        _,
        folder,
        environment,
        stdin,
        _,
        _,
        stdout,
        _,
        stderr,
        _,
        _,
        _,
        session,
        group,
        gid,
        gids,
        uid,
        umask,
        before,
    ] = given
    else {
        return Err(vm.new_type_error("fork_exec() is called by subprocess, with 22 arguments"));
    };
    let is_set = |option: &&PyObjectRef| {
        let number = i64::try_from_borrowed_object(vm, option.as_object());
        !vm.is_none(option) && !number.is_ok_and(|number| number <= 0)
    };
    if [session, group, gid, gids, uid, umask, before].iter().any(is_set) {
        return Err(refusal(
            vm,
            "subprocess with another session, group, user, umask or preexec_fn",
            "",
        ));
    }
    let text = |object: &PyObjectRef| arguments::to_path(vm, object).map(PathBuf::into_os_string);
    let list =
        |object: &PyObjectRef| -> PyResult<Vec<OsString>> { vm.extract_elements_with(object, |item| text(&item)) };
    let number = |object: &PyObjectRef| i32::try_from_borrowed_object(vm, object.as_object());
    let environment = match vm.is_none(environment) {
        true => Some(Vec::new()),
        false => Some(list(environment)?.into_iter().filter_map(split_variable).collect()),
    };
    let order = Order {
        args: list(argv)?,
        candidates: list(candidates)?.into_iter().map(PathBuf::from).collect(),
        folder: if vm.is_none(folder) {
            None
        } else {
            Some(text(folder)?.into())
        },
        environment,
        streams: [number(stdin)?, number(stdout)?, number(stderr)?],
    };
    match programs::start(fence, order) {
        Ok(id) => Ok(vm.ctx.new_int(id).into()),
        Err(error) => Err(raised(vm, error)),
    }
}

fn split_variable(variable: OsString) -> Option<(OsString, OsString)> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};

    let bytes = variable.as_bytes();
    let at = bytes.iter().position(|byte| *byte == b'=')?;
    let part = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    Some((part(&bytes[..at]), part(&bytes[at + 1..])))
}

/// `os.waitpid`, for programs that the script has started.
pub(super) fn waitpid(vm: &VirtualMachine, fence: &Arc<Fence>, name: &str, args: FuncArgs) -> PyResult {
    let mut args = args;
    let id = arguments::number(vm, &mut args, 0, "pid")?.unwrap_or(-1);
    let options = arguments::number(vm, &mut args, 1, "options")?.unwrap_or_default();
    let Some(id) = i32::try_from(id).ok().filter(|id| *id > 0 && fence.runs_programs()) else {
        return Err(refusal(vm, name, GRANT));
    };
    let ended = programs::wait(vm, id, options & i64::from(libc::WNOHANG) == 0)?;
    match ended {
        Ok(ended) => {
            let shown = if ended.is_some() { id } else { 0 };
            let parts = [shown, ended.unwrap_or_default()].map(|number| vm.ctx.new_int(number).into());
            Ok(vm.ctx.new_tuple(parts.to_vec()).into())
        }
        Err(error) => Err(raised(vm, error)),
    }
}

/// `os.kill`, for programs that the script has started.
pub(super) fn kill(vm: &VirtualMachine, _: &Arc<Fence>, name: &str, args: FuncArgs) -> PyResult {
    let mut args = args;
    let id = arguments::number(vm, &mut args, 0, "pid")?.and_then(|id| i32::try_from(id).ok());
    let signal = arguments::number(vm, &mut args, 1, "signal")?.and_then(|signal| i32::try_from(signal).ok());
    let (Some(id), Some(signal)) = (id, signal) else {
        return Err(refusal(vm, name, ""));
    };
    match programs::kill(id, signal) {
        Some(Ok(())) => Ok(vm.ctx.none()),
        Some(Err(error)) => Err(raised(vm, error)),
        None => Err(refusal(vm, name, "")),
    }
}

fn raised(vm: &VirtualMachine, error: io::Error) -> rustpython_vm::builtins::PyBaseExceptionRef {
    if error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none() {
        return refusal(vm, &error.to_string(), GRANT);
    }
    error.into_pyexception(vm)
}
