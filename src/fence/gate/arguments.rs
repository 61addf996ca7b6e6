//! Arguments of gated functions: each looked at once, and put back as what was looked at.

use std::path::PathBuf;

use rustpython_vm::{
    AsObject, PyObjectRef, PyResult, TryFromBorrowedObject, VirtualMachine,
    builtins::{PyBytes, PyInt, PyStr},
    function::FuncArgs,
};

/// The argument at that position, or of that name.
pub(super) fn get(args: &FuncArgs, index: usize, name: &str) -> Option<PyObjectRef> {
    let by_name = || {
        let mut keywords = args.kwargs.iter();
        keywords
            .find(|(known, _)| known.to_string_lossy() == name)
            .map(|(_, value)| value.clone())
    };
    args.args.get(index).cloned().or_else(by_name)
}

pub(super) fn put(vm: &VirtualMachine, args: &mut FuncArgs, index: usize, name: &str, value: PyObjectRef) {
    match args.args.get_mut(index) {
        Some(slot) => *slot = value,
        None => {
            let _ = vm;
            args.kwargs.insert(name.into(), value);
        }
    }
}

/// A path, which is put back as text or bytes, so that it cannot be another one when it is used. `None` for a
/// descriptor, and for what is left out.
pub(super) fn path(vm: &VirtualMachine, args: &mut FuncArgs, index: usize, name: &str) -> PyResult<Option<PathBuf>> {
    let Some(given) = get(args, index, name) else {
        return Ok(None);
    };
    if vm.is_none(&given) || given.downcast_ref::<PyInt>().is_some() {
        return Ok(None);
    }
    let plain = if is_text(&given) {
        given
    } else {
        let method = given.class().get_attr(vm.ctx.intern_str("__fspath__"));
        let text = match method {
            Some(method) => method.call((given,), vm)?,
            // An index is a descriptor to some functions; the original knows.
            None => return descriptor(vm, args, index, name, &given),
        };
        if !is_text(&text) {
            return Err(vm.new_type_error(format!("{name}: __fspath__() gave neither str nor bytes")));
        }
        put(vm, args, index, name, text.clone());
        text
    };
    to_path(vm, &plain).map(Some)
}

/// What is no path may be a number in disguise: it is put back as one.
fn descriptor(
    vm: &VirtualMachine,
    args: &mut FuncArgs,
    index: usize,
    name: &str,
    given: &PyObjectRef,
) -> PyResult<Option<PathBuf>> {
    let number = given.try_index(vm)?;
    put(vm, args, index, name, number.into());
    Ok(None)
}

fn is_text(object: &PyObjectRef) -> bool {
    object.downcast_ref::<PyStr>().is_some() || object.downcast_ref::<PyBytes>().is_some()
}

#[cfg(unix)]
pub(super) fn to_path(vm: &VirtualMachine, text: &PyObjectRef) -> PyResult<PathBuf> {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};

    let bytes = match text.downcast_ref::<PyBytes>() {
        Some(bytes) => bytes.as_bytes().to_vec(),
        None => {
            let text = text
                .downcast_ref::<PyStr>()
                .ok_or_else(|| vm.new_type_error("a path is text or bytes"))?;
            vm.fsencode(text)?.as_encoded_bytes().to_vec()
        }
    };
    if bytes.contains(&0) {
        return Err(vm.new_value_error("embedded null byte"));
    }
    Ok(OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
pub(super) fn to_path(vm: &VirtualMachine, text: &PyObjectRef) -> PyResult<PathBuf> {
    match text.downcast_ref::<PyBytes>() {
        Some(bytes) => Ok(String::from_utf8_lossy(bytes.as_bytes()).into_owned().into()),
        None => Ok(text.str(vm)?.to_string_lossy().into_owned().into()),
    }
}

/// A whole number, put back as itself.
pub(super) fn number(vm: &VirtualMachine, args: &mut FuncArgs, index: usize, name: &str) -> PyResult<Option<i64>> {
    let Some(given) = get(args, index, name) else {
        return Ok(None);
    };
    if vm.is_none(&given) {
        return Ok(None);
    }
    let number = given.try_index(vm)?;
    let value = i64::try_from_borrowed_object(vm, number.as_object())?;
    put(vm, args, index, name, vm.ctx.new_int(value).into());
    Ok(Some(value))
}

/// Whether an argument is there and means yes, put back as what it means.
pub(super) fn truth(vm: &VirtualMachine, args: &mut FuncArgs, index: usize, name: &str) -> PyResult<Option<bool>> {
    let Some(given) = get(args, index, name) else {
        return Ok(None);
    };
    let means = given.try_to_bool(vm)?;
    put(vm, args, index, name, vm.ctx.new_bool(means).into());
    Ok(Some(means))
}
