//! Functions that name files.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustpython_vm::{
    PyObject, PyResult, VirtualMachine,
    builtins::PyStr,
    function::{Callee, FuncArgs, PyNativeFn},
};

use super::{arguments, refusal};
use crate::fence::{Access, Fence, outside};

/// Rows of the table: which argument is a path, and what is done with it.
pub(super) fn read(vm: &VirtualMachine, fence: &Arc<Fence>, name: &str, args: &mut FuncArgs) -> PyResult<()> {
    one(vm, fence, name, args, Access::Read, true)
}

pub(super) fn look(vm: &VirtualMachine, fence: &Arc<Fence>, name: &str, args: &mut FuncArgs) -> PyResult<()> {
    let follow = arguments::truth(vm, args, usize::MAX, "follow_symlinks")?.unwrap_or(true);
    one(vm, fence, name, args, Access::Look, follow)
}

pub(super) fn look_at_link(vm: &VirtualMachine, fence: &Arc<Fence>, name: &str, args: &mut FuncArgs) -> PyResult<()> {
    one(vm, fence, name, args, Access::Look, false)
}

pub(super) fn write(vm: &VirtualMachine, fence: &Arc<Fence>, name: &str, args: &mut FuncArgs) -> PyResult<()> {
    one(vm, fence, name, args, Access::Write, true)
}

pub(super) fn write_entry(vm: &VirtualMachine, fence: &Arc<Fence>, name: &str, args: &mut FuncArgs) -> PyResult<()> {
    one(vm, fence, name, args, Access::Write, false)
}

fn one(
    vm: &VirtualMachine,
    fence: &Arc<Fence>,
    name: &str,
    args: &mut FuncArgs,
    access: Access,
    follow: bool,
) -> PyResult<()> {
    no_folder_descriptors(vm, name, args)?;
    let is_descriptor = arguments::get(args, 0, "path").is_some_and(|path| !vm.is_none(&path));
    match arguments::path(vm, args, 0, "path")? {
        Some(path) => check(vm, fence, name, &path, access, follow),
        // A descriptor of the thread's own table.
        None if is_descriptor => Ok(()),
        None => check(vm, fence, name, Path::new("."), access, follow),
    }
}

/// `stat()` of an entry of a folder, which follows links by itself.
pub(super) fn look_at_entry(vm: &VirtualMachine, fence: &Arc<Fence>, name: &str, args: &mut FuncArgs) -> PyResult<()> {
    match may_look_at_entry(vm, fence, args)? {
        true => Ok(()),
        false => Err(refusal(vm, &format!("{name} of an entry"), "allow_read(path)")),
    }
}

/// `is_dir()` and `is_file()` of an entry: no, as `os.path.isdir()` says of what it may not look at.
pub(super) fn entry_is(
    vm: &VirtualMachine,
    fence: &Arc<Fence>,
    mut args: FuncArgs,
    callee: Callee,
    original: &dyn PyNativeFn,
) -> PyResult {
    match may_look_at_entry(vm, fence, &mut args)? {
        true => original(vm, args, callee),
        false => Ok(vm.ctx.new_bool(false).into()),
    }
}

fn may_look_at_entry(vm: &VirtualMachine, fence: &Arc<Fence>, args: &mut FuncArgs) -> PyResult<bool> {
    let follow = arguments::truth(vm, args, usize::MAX, "follow_symlinks")?.unwrap_or(true);
    // The object itself comes first; the original refuses what is no entry.
    let Some(entry) = args.args.first().cloned() else {
        return Ok(true);
    };
    let path = arguments::to_path(vm, &entry.get_attr("path", vm)?)?;
    if path.parent().is_some_and(|folder| !folder.as_os_str().is_empty()) {
        return Ok(fence.allows_path(&path, Access::Look, follow));
    }
    // A name alone is from a folder's descriptor: it is the script's own, but where a link leads cannot be told.
    Ok(!follow || !vm.call_method(&entry, "is_symlink", ())?.try_to_bool(vm)?)
}

/// `rename` and its like.
pub(super) fn write_two(vm: &VirtualMachine, fence: &Arc<Fence>, name: &str, args: &mut FuncArgs) -> PyResult<()> {
    let (from, to) = two_paths(vm, name, args)?;
    check(vm, fence, name, &from, Access::Write, false)?;
    check(vm, fence, name, &to, Access::Write, false)?;
    match fs::read_link(from) {
        // Where it leads depends on where it is.
        Ok(target) if target.is_relative() => check_target(vm, fence, name, &target, &to),
        _ => Ok(()),
    }
}

pub(super) fn symlink(vm: &VirtualMachine, fence: &Arc<Fence>, name: &str, args: &mut FuncArgs) -> PyResult<()> {
    let (target, link) = two_paths(vm, name, args)?;
    check(vm, fence, name, &link, Access::Write, false)?;
    check_target(vm, fence, name, &target, &link)
}

fn two_paths(vm: &VirtualMachine, name: &str, args: &mut FuncArgs) -> PyResult<(PathBuf, PathBuf)> {
    no_folder_descriptors(vm, name, args)?;
    let first = arguments::path(vm, args, 0, "src")?;
    let second = arguments::path(vm, args, 1, "dst")?;
    first.zip(second).ok_or_else(|| refusal(vm, name, ""))
}

/// A link may only lead to where the script could go itself: the host may follow it one day.
fn check_target(vm: &VirtualMachine, fence: &Arc<Fence>, name: &str, target: &Path, link: &Path) -> PyResult<()> {
    let folder = link.parent().unwrap_or(Path::new(""));
    check(vm, fence, name, &folder.join(target), Access::Look, true)
}

/// `os.open`: what the flags say.
pub(super) fn open(vm: &VirtualMachine, fence: &Arc<Fence>, name: &str, args: &mut FuncArgs) -> PyResult<()> {
    no_folder_descriptors(vm, name, args)?;
    let Some(path) = arguments::path(vm, args, 0, "path")? else {
        return Err(refusal(vm, name, ""));
    };
    let flags = arguments::number(vm, args, 1, "flags")?.unwrap_or_default();
    let (reads, writes) = opened_for(flags);
    if reads {
        check(vm, fence, name, &path, Access::Read, true)?;
    }
    if writes {
        check(vm, fence, name, &path, Access::Write, true)?;
    }
    Ok(())
}

#[cfg(unix)]
fn opened_for(flags: i64) -> (bool, bool) {
    let has = |flag: i32| flags & i64::from(flag) != 0;
    let mode = flags & i64::from(libc::O_ACCMODE);
    let changes = has(libc::O_CREAT) || has(libc::O_TRUNC);
    let writes = mode != i64::from(libc::O_RDONLY) || changes;
    (mode != i64::from(libc::O_WRONLY), writes)
}

#[cfg(not(unix))]
fn opened_for(_flags: i64) -> (bool, bool) {
    (true, true)
}

fn no_folder_descriptors(vm: &VirtualMachine, name: &str, args: &FuncArgs) -> PyResult<()> {
    for keyword in ["dir_fd", "src_dir_fd", "dst_dir_fd"] {
        if arguments::get(args, usize::MAX, keyword).is_some_and(|given| !vm.is_none(&given)) {
            return Err(refusal(vm, &format!("{name} with {keyword}"), ""));
        }
    }
    Ok(())
}

/// Asks for one file, which is read by native code.
#[cfg(feature = "ssl")]
pub(super) fn check_read(vm: &VirtualMachine, fence: &Arc<Fence>, name: &str, path: &Path) -> PyResult<()> {
    check(vm, fence, name, path, Access::Read, true)
}

fn check(
    vm: &VirtualMachine,
    fence: &Arc<Fence>,
    name: &str,
    path: &Path,
    access: Access,
    follow: bool,
) -> PyResult<()> {
    if fence.allows_path(path, access, follow) {
        return Ok(());
    }
    let grant = match access {
        Access::Read | Access::Look => "allow_read",
        Access::Write => "allow_write",
    };
    Err(refusal(
        vm,
        &format!("{name} {}", path.display()),
        &format!("{grant}(path)"),
    ))
}

/// Stands in for the initializer of file objects: asks before a path is opened.
pub(super) fn open_file(object: &PyObject, mut args: FuncArgs, vm: &VirtualMachine) -> PyResult<FuncArgs> {
    let _ = object;
    let Some(fence) = outside::current() else {
        return Ok(args);
    };
    let Some(path) = arguments::path(vm, &mut args, 0, "file")? else {
        return Ok(args);
    };
    let mode = match arguments::get(&args, 1, "mode") {
        // Its characters are what the original reads, whatever str() of a subclass says.
        Some(mode) => match mode.downcast_ref::<PyStr>() {
            Some(text) => text.to_string_lossy().into_owned(),
            None => return Err(vm.new_type_error("mode must be a str")),
        },
        None => "r".to_owned(),
    };
    let writes = mode.contains(['w', 'a', 'x', '+']);
    let reads = mode.contains(['r', '+']) || !writes;
    if reads {
        check(vm, &fence, "open", &path, Access::Read, true)?;
    }
    if writes {
        check(vm, &fence, "open", &path, Access::Write, true)?;
    }
    Ok(args)
}
