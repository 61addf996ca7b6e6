//! Functions that read a clock.

use std::sync::Arc;

use rustpython_vm::{PyResult, VirtualMachine, function::FuncArgs};

use super::{arguments, refusal};
use crate::fence::Fence;

const GRANT: &str = "allow_clock()";

pub(super) fn ask(vm: &VirtualMachine, fence: &Arc<Fence>, name: &str, _: &mut FuncArgs) -> PyResult<()> {
    if fence.allows_clock() {
        Ok(())
    } else {
        Err(refusal(vm, name, GRANT))
    }
}

/// Functions that take the time that it is now where none is given.
pub(super) fn ask_without_time(
    vm: &VirtualMachine,
    fence: &Arc<Fence>,
    name: &str,
    args: &mut FuncArgs,
) -> PyResult<()> {
    let index = usize::from(name == "strftime");
    match arguments::get(args, index, "seconds") {
        Some(given) if !vm.is_none(&given) => Ok(()),
        _ => ask(vm, fence, name, args),
    }
}
