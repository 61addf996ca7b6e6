//! Native Python modules of ours: thin faces of the rooms above.

mod channel;
mod child;
mod delivery;
mod isolate;
mod parcel;
mod select;
mod sync;
mod thread;
mod timeout;
mod ungil;

use rustpython_vm::{Context, builtins::PyModuleDef};

/// The definitions of all of them.
pub(crate) fn definitions(ctx: &Context) -> Vec<&'static PyModuleDef> {
    vec![ungil::module_def(ctx), thread::module_def(ctx)]
}

/// Lets go of what they hold for the interpreter that ended on this thread.
pub(crate) fn retire() {
    channel::release_ends();
    delivery::retire();
    crate::sync::retire_current();
    crate::parcel::abandon();
}
