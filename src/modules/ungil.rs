//! The native part of the `ungil` package.

pub(super) use _ungil::module_def;

#[rustpython_vm::pymodule]
mod _ungil {
    use rustpython_vm::{AsObject, Py, PyResult, VirtualMachine, builtins::PyModule};

    use crate::{
        bridge,
        modules::{buffer, channel, child, delivery, isolate, parcel, select, sync},
    };

    pub(crate) fn module_exec(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
        __module_exec(vm, module);
        for (name, class) in bridge::exceptions(vm).named() {
            module.set_attr(name, class.clone(), vm)?;
        }
        buffer::init(vm, module)?;
        parcel::init(vm, module)?;
        channel::init(vm, module)?;
        child::init(vm, module)?;
        delivery::init(vm, module)?;
        isolate::init(vm, module)?;
        select::init(vm, module)?;
        sync::init(vm, module)?;
        sign_functions(vm, module)
    }

    /// Functions cross by name, so they must say where that name is known.
    fn sign_functions(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
        for (_, object) in module.dict().items_vec() {
            if object.class().is(vm.ctx.types.builtin_function_or_method_type) {
                object.set_attr("__module__", vm.ctx.new_str("_ungil"), vm)?;
            }
        }
        Ok(())
    }
}
