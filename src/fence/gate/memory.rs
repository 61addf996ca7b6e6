//! What a script could learn or change inside the process: environment, locale, and what earlier interpreters of the
//! thread left.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    sync::Arc,
};

use rustpython_vm::{
    AsObject, Context, Py, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyList, PyType},
    function::FuncArgs,
};

use super::{arguments, gate_method, refusal, tables::Rule};
use crate::fence::Fence;

thread_local! {
    /// Classes that were there before this interpreter was, held so that none of its own gets such a place.
    static FOREIGN: RefCell<HashMap<usize, PyRef<PyType>>> = RefCell::default();
    /// Set while the interpreter is finalized: nothing is known of what is foreign any more.
    static FORGOTTEN: Cell<bool> = const { Cell::new(false) };
    static KEPT: RefCell<Vec<&'static PyRef<PyType>>> = const { RefCell::new(Vec::new()) };
}

/// The environment variables that are granted, as `os` reads them.
pub(super) fn environment(vm: &VirtualMachine, fence: &Arc<Fence>, _: &str, _: FuncArgs) -> PyResult {
    let dict = vm.ctx.new_dict();
    for (name, value) in std::env::vars_os().filter(|(name, _)| fence.allows_env(name)) {
        let name = vm.ctx.new_bytes(name.into_encoded_bytes());
        let value = vm.ctx.new_bytes(value.into_encoded_bytes());
        dict.set_item(name.as_object(), value.into(), vm)?;
    }
    Ok(dict.into())
}

/// The users of the system are not known.
pub(super) fn nobody(vm: &VirtualMachine, _: &Arc<Fence>, name: &str, _: FuncArgs) -> PyResult {
    let message = vm
        .ctx
        .new_str(format!("{name}: users are not known in a sandboxed interpreter"));
    Err(vm.new_key_error(message.into()))
}

pub(super) fn no_descriptor(vm: &VirtualMachine, _: &Arc<Fence>, _: &str, _: FuncArgs) -> PyResult {
    Ok(vm.ctx.new_int(-1).into())
}

/// The locale is the process's: it can be asked for, and set to what it is without anybody having set it.
pub(super) fn only_ask_locale(vm: &VirtualMachine, _: &Arc<Fence>, name: &str, args: &mut FuncArgs) -> PyResult<()> {
    match arguments::get(args, 1, "locale") {
        Some(locale) if !vm.is_none(&locale) => Err(refusal(vm, name, "")),
        _ => Ok(()),
    }
}

/// Notes what earlier interpreters left on the thread. Call it before a VM is built there.
pub(super) fn note_foreign(ctx: &Context) {
    let mut found = HashMap::new();
    let mut open: Vec<PyRef<PyType>> = vec![ctx.types.object_type.to_owned()];
    while let Some(class) = open.pop() {
        for weak in class.subclasses.read().iter() {
            let Some(Ok(subclass)) = weak.upgrade().map(|object| object.downcast::<PyType>()) else {
                continue;
            };
            if found.contains_key(&subclass.as_object().get_id()) {
                continue;
            }
            open.push(subclass.clone());
            found.insert(subclass.as_object().get_id(), subclass);
        }
    }
    found.retain(|_, class| class.heaptype_ext.is_some());
    FOREIGN.set(found);
    FORGOTTEN.set(false);
}

/// Lets go of what was noted: the interpreter is about to be finalized, which frees what nobody holds.
pub(crate) fn forget_foreign() {
    FORGOTTEN.set(true);
    let noted = FOREIGN.take();
    drop(noted);
}

/// Keeps scripts from finding them.
pub(crate) fn seal(vm: &VirtualMachine, fence: &Arc<Fence>) {
    if !fence.rules().gates {
        return;
    }
    gate_method(
        vm,
        vm.ctx.types.type_type,
        "__subclasses__",
        Rule::Filter(without_foreign),
        fence,
    );
}

fn without_foreign(vm: &VirtualMachine, result: PyObjectRef) -> PyResult {
    let Some(list) = result.downcast_ref::<PyList>() else {
        return Ok(result);
    };
    if FORGOTTEN.get() {
        return Ok(vm.ctx.new_list(Vec::new()).into());
    }
    let all = list.borrow_vec().to_vec();
    let own = FOREIGN.with_borrow(|foreign| {
        let own = all.into_iter().filter(|class| !foreign.contains_key(&class.get_id()));
        own.collect()
    });
    Ok(vm.ctx.new_list(own).into())
}

/// A class of a native module, which lives as long as its thread.
pub(super) fn keep(class: PyRef<PyType>) -> &'static Py<PyType> {
    let known = KEPT.with_borrow(|kept| kept.iter().find(|known| known.is(&class)).copied());
    known.unwrap_or_else(|| {
        let class: &'static PyRef<PyType> = Box::leak(Box::new(class));
        KEPT.with_borrow_mut(|kept| kept.push(class));
        class
    })
}
