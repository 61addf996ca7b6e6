//! `ssl`: what is sent goes through sockets, which ask for themselves; what is left are the files that a context reads and
//! writes.

use std::{
    cell::Cell,
    path::Path,
    sync::{Arc, OnceLock},
};

use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyGetSet, PyType},
    function::FuncArgs,
    host_env::native_certs,
};

use super::{Rule, arguments, files, gate_method, refusal};
use crate::fence::{Fence, outside};

thread_local! {
    /// Whether the property of this thread's class is replaced.
    static KEYLOG_IS_CLOSED: Cell<bool> = const { Cell::new(false) };
}

/// The functions of `_ssl`.
pub(super) fn function(name: &str) -> Rule {
    match name {
        "DER_cert_to_PEM_cert"
        | "PEM_cert_to_DER_cert"
        | "RAND_add"
        | "RAND_bytes"
        | "RAND_pseudo_bytes"
        | "RAND_status"
        | "get_default_verify_paths"
        | "nid2obj"
        | "txt2obj" => Rule::Free,
        _ => Rule::Refuse(""),
    }
}

pub(super) fn gate_contexts(vm: &VirtualMachine, class: &'static Py<PyType>, fence: &Arc<Fence>) {
    let rules = [
        ("load_cert_chain", Rule::Ask(chain)),
        ("load_verify_locations", Rule::Ask(locations)),
        ("load_default_certs", Rule::Instead(system_certificates)),
        ("set_default_verify_paths", Rule::Instead(system_certificates)),
        ("load_dh_params", Rule::Refuse("")),
    ];
    for (name, rule) in rules {
        gate_method(vm, class, name, rule, fence);
    }
    if !KEYLOG_IS_CLOSED.replace(true) {
        let closed = PyGetSet::new("keylog_filename", class, &vm.ctx)
            .with_get(|_: PyObjectRef, vm: &VirtualMachine| vm.ctx.none())
            .with_set(|_: PyObjectRef, _: PyObjectRef, vm: &VirtualMachine| -> PyResult<()> {
                Err(refusal(vm, "keylog_filename", ""))
            });
        class.set_attr(vm.ctx.intern_str("keylog_filename"), closed.into_ref(&vm.ctx).into());
    }
}

/// The object itself comes first.
fn chain(vm: &VirtualMachine, fence: &Arc<Fence>, name: &str, args: &mut FuncArgs) -> PyResult<()> {
    file(vm, fence, name, args, 1, "certfile")?;
    file(vm, fence, name, args, 2, "keyfile")
}

fn locations(vm: &VirtualMachine, fence: &Arc<Fence>, name: &str, args: &mut FuncArgs) -> PyResult<()> {
    file(vm, fence, name, args, 1, "cafile")?;
    // It is read later, and whatever its links lead to.
    match arguments::get(args, 2, "capath") {
        Some(folder) if !vm.is_none(&folder) => Err(refusal(vm, &format!("{name} with capath"), "")),
        _ => Ok(()),
    }
}

fn file(
    vm: &VirtualMachine,
    fence: &Arc<Fence>,
    name: &str,
    args: &mut FuncArgs,
    index: usize,
    argument: &str,
) -> PyResult<()> {
    match arguments::path(vm, args, index, argument)? {
        Some(path) => files::check_read(vm, fence, name, Path::new(&path)),
        None => Ok(()),
    }
}

/// The certificates that the system trusts, read on the host's side: they are no secret, and the variables that name others
/// are the script's own.
fn system_certificates(vm: &VirtualMachine, _: &Arc<Fence>, _: &str, args: FuncArgs) -> PyResult {
    static TRUSTED: OnceLock<Vec<u8>> = OnceLock::new();
    let Some(context) = args.args.first().cloned() else {
        return Err(vm.new_type_error("load_default_certs() needs a context"));
    };
    let trusted = outside::call(vm, || TRUSTED.get_or_init(|| native_certs::load().certs.concat()))?;
    if !trusted.is_empty() {
        let data = vm.ctx.new_bytes(trusted.clone());
        vm.call_method(
            context.as_object(),
            "load_verify_locations",
            (vm.ctx.none(), vm.ctx.none(), data),
        )?;
    }
    Ok(vm.ctx.none())
}
