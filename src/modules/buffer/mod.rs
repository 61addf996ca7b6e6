//! Shared memory as Python objects.

mod mapping;
mod shared;
mod view;

use rustpython_vm::{Py, PyResult, VirtualMachine, builtins::PyModule, class::PyClassImpl};

use mapping::PySharedMapping;
use shared::PySharedBuffer;

/// Adds the classes to the native module.
pub(crate) fn init(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    shared::register();
    mapping::register();
    module.set_attr("SharedBuffer", PySharedBuffer::make_static_type(), vm)?;
    module.set_attr("SharedMapping", PySharedMapping::make_static_type(), vm)
}

/// Lets go of what the objects of this thread's interpreter hold, which has ended.
pub(super) fn retire() {
    crate::buffer::release_views();
    shared::release_parts();
}
