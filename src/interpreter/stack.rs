//! The Python stack of the running script, as data.

use rustpython_vm::VirtualMachine;

use crate::{bridge::frame_data, error::Frame};

/// The frames of the script on this thread, outermost first.
pub(super) fn capture(vm: &VirtualMachine) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut next = vm.current_frame();
    while let Some(frame) = next {
        let line = u32::try_from(frame.lineno()).unwrap_or(0);
        frames.push(frame_data(&frame.f_code(), line));
        next = frame.f_back(vm);
    }
    frames.reverse();
    frames
}
