//! The one place where an interpreter's thread waits.

use std::{
    hint,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvError, Select, SelectedOperation, never};
use rustpython_vm::{PyResult, VirtualMachine};

use super::Control;

/// How often a wait looks before it sleeps: to sleep and be woken takes longer than many an answer does.
const LOOKS: u32 = 20;
/// The looks that let no other thread run.
const SPINS: u32 = 6;
/// For how long it looks at most: where others use the processor, who sleeps is woken sooner than who waits for a turn.
const LOOKING: Duration = Duration::from_micros(30);

/// Asks `ready` a few times, some microseconds in all, with a little more time between each look and the next. What it
/// said, or `None` if it is time to sleep.
pub(crate) fn look<R>(mut ready: impl FnMut() -> Option<R>) -> Option<R> {
    let begun = Instant::now();
    for look in 0..LOOKS {
        if let found @ Some(_) = ready() {
            return found;
        }
        match look {
            0..SPINS => (0..1 << look).for_each(|_| hint::spin_loop()),
            _ if begun.elapsed() > LOOKING => break,
            _ => thread::yield_now(),
        }
    }
    None
}

/// Whether who waits has looked already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looked {
    /// The wait looks a few times before it sleeps.
    NotYet,
    /// It sleeps at once.
    Already,
}

/// The next operation that can be completed; `None` when `deadline` passes first.
pub(crate) fn next_operation<'a>(
    select: &mut Select<'a>,
    deadline: Option<Instant>,
    looked: Looked,
) -> Option<SelectedOperation<'a>> {
    if looked == Looked::NotYet {
        let passed = || deadline.is_some_and(|deadline| deadline <= Instant::now());
        let seen = look(|| match select.try_select() {
            Ok(operation) => Some(Some(operation)),
            Err(_) => passed().then_some(None),
        });
        if let Some(decided) = seen {
            return decided;
        }
    }
    match deadline {
        None => Some(select.select()),
        Some(deadline) => select.select_deadline(deadline).ok(),
    }
}

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
    looked: Looked,
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
        let Some(operation) = next_operation(&mut select, deadline, looked) else {
            vm.check_signals()?;
            return Ok(None);
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
    select(vm, deadline, interrupts, Looked::NotYet, register, |operation, _| {
        operation.recv(receiver)
    })
}
