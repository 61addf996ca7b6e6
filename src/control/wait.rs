//! The one place where an interpreter's thread waits.

use std::{sync::Arc, time::Instant};

use crossbeam_channel::{Receiver, RecvError, Select, SelectedOperation, never};
use rustpython_vm::{PyResult, VirtualMachine};

use super::Control;

/// What can interrupt a wait on the calling thread. A wait borrows it beside what it waits for.
pub(crate) struct Interrupts {
    woken: Receiver<()>,
    control: Option<Arc<Control>>,
}

/// The interrupts of the interpreter that lives on this thread; of none elsewhere, where a wait can only time out.
pub(crate) fn interrupts() -> Interrupts {
    let control = Control::current();
    Interrupts {
        woken: control.as_ref().map_or_else(never, |control| control.woken().clone()),
        control,
    }
}

/// Blocks until one of the operations that `register` adds can be completed, and completes it with `take`, which gets
/// the operation and its index among those added. `None` when `deadline` passes first.
///
/// An interrupt (a cancel, a signal) runs the VM's pending signal handlers, and deliveries are made; what they raise is
/// the error.
pub(crate) fn select<'a, R>(
    vm: &VirtualMachine,
    deadline: Option<Instant>,
    interrupts: &'a Interrupts,
    register: impl Fn(&mut Select<'a>),
    take: impl FnOnce(SelectedOperation<'a>, usize) -> R,
) -> PyResult<Option<R>> {
    let control = interrupts.control.as_ref();
    let _waiting = control.map(Control::enter_wait);
    loop {
        vm.check_signals()?;
        if let Some(control) = control {
            control.make_deliveries(vm)?;
        }
        let mut select = Select::new_biased();
        select.recv(&interrupts.woken);
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
                let _ = operation.recv(&interrupts.woken);
            }
            index => return Ok(Some(take(operation, index - 1))),
        }
    }
}

/// Waits for the one receiver, as [`select`] does: what it gave, or that it is disconnected. `None` when `deadline` passes
/// first.
pub(crate) fn receive<'a, T>(
    vm: &VirtualMachine,
    deadline: Option<Instant>,
    interrupts: &'a Interrupts,
    receiver: &'a Receiver<T>,
) -> PyResult<Option<Result<T, RecvError>>> {
    let register = |select: &mut Select<'a>| {
        select.recv(receiver);
    };
    select(vm, deadline, interrupts, register, |operation, _| {
        operation.recv(receiver)
    })
}
