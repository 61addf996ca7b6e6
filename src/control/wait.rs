//! The one place where an interpreter's thread waits.

use std::time::Instant;

use crossbeam_channel::{Receiver, Select, SelectedOperation, never};
use rustpython_vm::{PyResult, VirtualMachine};

use super::Control;

/// What can interrupt a wait on the calling thread. A wait borrows it beside what it waits for.
pub(crate) struct Interrupts(Receiver<()>);

/// The interrupts of the interpreter that lives on this thread; of none elsewhere, where a wait can only time out.
pub(crate) fn interrupts() -> Interrupts {
    Interrupts(Control::current().map_or_else(never, |control| control.woken().clone()))
}

/// Blocks until one of the operations that `register` adds can be completed, and completes it with `take`, which gets
/// the operation and its index among those added. `None` when `deadline` passes first.
///
/// An interrupt (a cancel, a signal) runs the VM's pending signal handlers; what they raise is the error.
pub(crate) fn select<'a, R>(
    vm: &VirtualMachine,
    deadline: Option<Instant>,
    interrupts: &'a Interrupts,
    register: impl Fn(&mut Select<'a>),
    take: impl FnOnce(SelectedOperation<'a>, usize) -> R,
) -> PyResult<Option<R>> {
    loop {
        vm.check_signals()?;
        let mut select = Select::new_biased();
        select.recv(&interrupts.0);
        register(&mut select);
        let operation = match deadline {
            None => select.select(),
            Some(deadline) => match select.select_deadline(deadline) {
                Ok(operation) => operation,
                Err(_) => {
                    vm.check_signals()?;
                    return Ok(None);
                }
            },
        };
        match operation.index() {
            0 => {
                let _ = operation.recv(&interrupts.0);
            }
            index => return Ok(Some(take(operation, index - 1))),
        }
    }
}
