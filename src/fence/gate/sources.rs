//! Compiling code that says which file it came from.

use std::{cell::Cell, path::PathBuf, sync::Arc};

use rustpython_vm::{
    AsObject, PyResult, VirtualMachine,
    function::{Callee, FuncArgs, PyMethodDef, PyNativeFn},
};

use super::{arguments, gate, tables::Rule};
use crate::fence::{Fence, policy::Access};

const COMPILE: &str = "compile";

thread_local! {
    /// The gated `compile`. Leaked, once for each thread that is fenced.
    static GATED: Cell<Option<&'static PyMethodDef>> = const { Cell::new(None) };
}

/// Puts the gate before `compile`.
pub(super) fn seal(vm: &VirtualMachine, fence: &Arc<Fence>) -> PyResult<()> {
    let gated = GATED.get().or_else(|| {
        let mut methods = vm.builtins.def?.methods.iter();
        let original = methods.find(|method| method.name == COMPILE)?;
        let gated: &'static PyMethodDef = Box::leak(Box::new(gate(original, Rule::Around(compile), fence)));
        GATED.set(Some(gated));
        Some(gated)
    });
    let Some(gated) = gated else {
        return Err(vm.new_system_error("there is no compile() to put a gate before"));
    };
    let function = gated
        .to_function()
        .with_module(vm.ctx.intern_str("builtins"))
        .with_module_object(vm.builtins.clone().into())
        .into_ref(&vm.ctx);
    vm.builtins.set_attr(COMPILE, function, vm)
}

/// A `SyntaxError` shows the line of the file that the code says it came from, which the VM has read by itself.
pub(super) fn compile(
    vm: &VirtualMachine,
    fence: &Arc<Fence>,
    mut args: FuncArgs,
    callee: Callee,
    original: &dyn PyNativeFn,
) -> PyResult {
    // Looked at once and put back, so that it cannot be another one when it is used.
    let path = arguments::path(vm, &mut args, 1, "filename")?;
    original(vm, args, callee).inspect_err(|exception| {
        let may_read = |path: &PathBuf| fence.allows_path(path, Access::Read, true);
        if exception.fast_isinstance(vm.ctx.exceptions.syntax_error) && !path.as_ref().is_some_and(may_read) {
            // Nobody has seen it yet.
            let _ = exception.as_object().set_attr("text", vm.ctx.none(), vm);
        }
    })
}
