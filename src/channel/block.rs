//! How Rust code waits for a channel.

use std::time::{Duration, Instant};

use crossbeam_channel::Select;
use rustpython_vm::vm::thread::with_current_vm;

use super::end::{Obstacle, RecvEnd, Register, SendEnd, Take, Unsent};
use crate::control::{
    Control,
    wait::{self, Interrupts, Looked},
};

/// The wait was on an interpreter's thread, in a host function, and that interpreter was stopped or got a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interrupted;

/// The point in time at which a wait of that length ends; one too long to have an end is for ever.
pub(crate) fn deadline(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}

/// Sends, waiting for room no longer than `timeout`; `None` is for ever.
pub(crate) fn send<M>(end: &SendEnd<M>, message: M, timeout: Option<Duration>) -> Result<(), Unsent<M, Interrupted>> {
    match end.try_send(message) {
        Err(Unsent {
            message,
            obstacle: Obstacle::NotNow,
        }) => {
            let wait = Wait::new(timeout);
            end.send(message, |register, take| wait.select(Looked::NotYet, register, take))
        }
        decided => decided,
    }
}

/// Receives, waiting for a message no longer than `timeout`; `None` is for ever.
pub(crate) fn recv<M>(end: &RecvEnd<M>, timeout: Option<Duration>) -> Result<M, Obstacle<Interrupted>> {
    match end.try_recv() {
        Err(Obstacle::NotNow) => {
            let wait = Wait::new(timeout);
            end.recv(|register, take| wait.select(Looked::Already, register, take))
        }
        decided => decided,
    }
}

/// A wait on whatever thread this is.
pub(crate) struct Wait {
    deadline: Option<Instant>,
    /// On an interpreter's thread.
    interrupts: Option<Interrupts>,
}

impl Wait {
    pub(crate) fn new(timeout: Option<Duration>) -> Self {
        Self {
            deadline: timeout.and_then(deadline),
            interrupts: Control::current().map(|_| wait::interrupts()),
        }
    }

    /// Waits for what `register` adds, and completes it with `take`; false if the time passes first.
    pub(crate) fn select<'a>(
        &'a self,
        looked: Looked,
        register: Register<'_, 'a>,
        take: Take<'_, 'a>,
    ) -> Result<bool, Interrupted> {
        if let Some(interrupts) = &self.interrupts {
            return with_current_vm(|vm| wait::select(vm, self.deadline, interrupts, looked, register, take))
                .map(|selected| selected.is_some())
                // A stop is raised again by whoever sent it, once the script goes on.
                .map_err(|_exception| Interrupted);
        }
        let mut select = Select::new_biased();
        register(&mut select);
        let selected = wait::next_operation(&mut select, self.deadline, looked);
        let completed = selected.map(|operation| {
            let index = operation.index();
            take(operation, index);
        });
        Ok(completed.is_some())
    }
}
