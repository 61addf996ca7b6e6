//! Where there are no POSIX signals, the VM's own handling of Ctrl-C is all there is.

use std::process;

use ungil::{Error, Interpreter};

/// The status that Windows gives a program that Ctrl-C ended.
const STATUS_CONTROL_C_EXIT: i32 = 0xC000_013A_u32 as i32;

pub(super) fn prepare_process() {}

pub(super) fn attach(_interpreter: &Interpreter) -> Result<(), Error> {
    Ok(())
}

pub(super) fn attend_terminal() {}

pub(super) fn keep_interrupt<R>(action: impl FnOnce() -> R) -> R {
    action()
}

pub(super) fn count_interrupts() {}

pub(super) fn ignore_interrupts() {}

pub(super) fn end_as_interrupted() -> ! {
    process::exit(STATUS_CONTROL_C_EXIT)
}
