//! Native Python modules of ours: thin faces of the rooms above.

mod buffer;
mod channel;
mod child;
mod delivery;
mod held;
mod isolate;
mod parcel;
mod regex;
mod select;
#[cfg(feature = "sqlite")]
mod sqlite;
mod sync;
mod thread;
mod timeout;
mod ungil;

use rustpython_vm::{Context, builtins::PyModuleDef};

#[cfg(feature = "sqlite")]
pub(crate) use sqlite::module_def as sqlite;

/// The definitions of all of them.
pub(crate) fn definitions(ctx: &Context) -> Vec<&'static PyModuleDef> {
    vec![ungil::module_def(ctx), thread::module_def(ctx), regex::module_def(ctx)]
}

/// Lets go of the objects that they hold for the interpreter on this thread, which is ending.
pub(crate) fn release() {
    delivery::release();
    #[cfg(feature = "sqlite")]
    sqlite::release();
}

/// Lets go of what they hold for the interpreter of that number, from another thread: its own does not come back.
pub(crate) fn revoke(interpreter: u64) {
    held::revoke(interpreter);
    crate::sync::revoke(interpreter);
}

/// Lets go of what others may wait for, when the script's own objects are gone.
pub(crate) fn leave() {
    held::release_mine();
    crate::sync::retire_current();
}

/// Lets go of what they hold for the interpreter that ended on this thread.
pub(crate) fn retire() {
    held::release_mine();
    delivery::retire();
    crate::sync::retire_current();
    buffer::retire();
    crate::parcel::abandon();
}
