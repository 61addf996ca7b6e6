//! The native part of the `ungil` package.

pub(super) use _ungil::module_def;

#[rustpython_vm::pymodule]
mod _ungil {
    use rustpython_vm::{Py, PyResult, VirtualMachine, builtins::PyModule};

    use crate::{
        bridge,
        modules::{channel, child, delivery, isolate, parcel, select, sync},
    };

    pub(crate) fn module_exec(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
        __module_exec(vm, module);
        for (name, class) in bridge::exceptions(vm).named() {
            module.set_attr(name, class.clone(), vm)?;
        }
        parcel::init(vm, module)?;
        channel::init(vm, module)?;
        child::init(vm, module)?;
        delivery::init(vm, module)?;
        isolate::init(vm, module)?;
        select::init(vm, module)?;
        sync::init(vm, module)
    }
}
