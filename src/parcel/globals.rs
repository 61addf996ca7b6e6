//! What goes by name, because the receiver can import it.

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyDict, PyModule, PyStr, PyTuple, PyType},
};

use super::{
    code::CodeImage,
    error::{Packing, refuse, refuse_kind},
    frame::{Label, Step},
    op::{Global, Op},
    pack::Packer,
};

/// The module of that name, if a receiver can import it as well: not the main script, not one made at run time.
pub(super) fn importable(vm: &VirtualMachine, name: &str) -> Option<PyObjectRef> {
    if name.is_empty() || name == "__main__" || name == "__mp_main__" {
        return None;
    }
    let modules = vm.sys_module.get_attr("modules", vm).ok()?;
    let module = modules.downcast_ref::<PyDict>()?.get_item_opt(name, vm).ok()??;
    let spec = vm.get_attribute_opt(&module, "__spec__").ok()??;
    (!vm.is_none(&spec) || is_native(vm, name)).then_some(module)
}

/// Native modules are there without having been looked for.
fn is_native(vm: &VirtualMachine, name: &str) -> bool {
    let names = vm.sys_module.get_attr("builtin_module_names", vm).ok();
    let names = names.as_ref().and_then(|names| names.downcast_ref::<PyTuple>());
    let mut names = names.into_iter().flat_map(|names| names.as_slice());
    names.any(|known| {
        known
            .downcast_ref::<PyStr>()
            .is_some_and(|known| known.as_wtf8() == name)
    })
}

/// What a module has under a name with dots.
pub(super) fn lookup(vm: &VirtualMachine, module: &PyObject, name: &str) -> PyResult<Option<PyObjectRef>> {
    let mut object = module.to_owned();
    for part in name.split('.') {
        if part == "<locals>" {
            return Ok(None);
        }
        match vm.get_attribute_opt(&object, &*vm.ctx.new_str(part))? {
            Some(next) => object = next,
            None => return Ok(None),
        }
    }
    Ok(Some(object))
}

/// The submodules of a package that are loaded and that the code can mean by attributes, as in `package.part.function`: a
/// receiver that imports the package does not have them by that alone.
pub(super) fn submodules(vm: &VirtualMachine, package: &Py<PyModule>, code: &CodeImage) -> PyResult<Vec<PyObjectRef>> {
    let mut found = Vec::new();
    if vm.get_attribute_opt(package.as_object(), "__path__")?.is_none() {
        return Ok(found);
    }
    let prefix = text(vm, package.as_object(), "__name__")?.unwrap_or_default() + ".";
    let modules = vm.sys_module.get_attr("modules", vm)?;
    for (name, module) in modules
        .downcast_ref::<PyDict>()
        .map(|modules| modules.items_vec())
        .unwrap_or_default()
    {
        let name = name.downcast_ref::<PyStr>().and_then(|name| name.to_str());
        let is_meant = |path: &str| path.split('.').all(|part| code.mentions(part));
        if let Some(name) = name.filter(|name| name.strip_prefix(&*prefix).is_some_and(is_meant))
            && importable(vm, name).is_some_and(|found| found.is(&module))
        {
            found.push(module);
        }
    }
    Ok(found)
}

/// The instances of a class that its module has under names, if receivers can import that.
pub(super) fn instances_of(vm: &VirtualMachine, class: &Py<PyType>) -> PyResult<Vec<(PyObjectRef, Box<str>)>> {
    let module = text(vm, class.as_object(), "__module__")?.filter(|module| module != "builtins");
    let found = module.and_then(|name| importable(vm, &name));
    let Some(dict) = found.as_ref().and_then(|module| module.dict()) else {
        return Ok(Vec::new());
    };
    let entries = dict.items_vec().into_iter();
    let instances = entries.filter(|(_, value)| value.class().is(class));
    let named = instances.filter_map(|(name, value)| Some((value, name.downcast_ref::<PyStr>()?.to_str()?.into())));
    Ok(named.collect())
}

/// A str attribute.
pub(super) fn text(vm: &VirtualMachine, object: &PyObject, name: &'static str) -> PyResult<Option<String>> {
    let value = vm.get_attribute_opt(object, name)?;
    Ok(value.and_then(|value| {
        value
            .downcast_ref::<PyStr>()
            .map(|text| text.to_string_lossy().into_owned())
    }))
}

impl Packer<'_> {
    /// The name under which a receiver finds exactly this object.
    pub(super) fn global_name(&self, object: &PyObject, module: &str, name: &str) -> PyResult<Option<Global>> {
        let vm = self.vm;
        let Some(found) = importable(vm, module) else {
            return Ok(None);
        };
        let same = lookup(vm, &found, name)?.is_some_and(|found| found.is(object));
        Ok(same.then(|| Global {
            module: module.into(),
            name: name.into(),
        }))
    }

    /// The name of a function or class, by what it says of itself.
    pub(super) fn own_name(&self, object: &PyObject) -> PyResult<Option<Global>> {
        let module = text(self.vm, object, "__module__")?;
        let Some(name) = text(self.vm, object, "__qualname__")? else {
            return Ok(None);
        };
        self.global_name(object, module.as_deref().unwrap_or("builtins"), &name)
    }

    /// Packs an object whose `__reduce_ex__` gave a name.
    pub(super) fn global_by_name(&mut self, object: &PyObject, name: &str) -> Packing {
        let module = text(self.vm, object, "__module__")?;
        let class_module = text(self.vm, object.class().as_object(), "__module__")?;
        for module in [module, class_module].into_iter().flatten() {
            if let Some(global) = self.global_name(object, &module, name)? {
                self.atom(object, Op::Global(Box::new(global)));
                return Ok(());
            }
        }
        refuse(format!(
            "it goes by the name {name}, and no module that can be imported has it under that name"
        ))
    }

    pub(super) fn module(&mut self, module: &Py<PyModule>) -> Packing {
        let vm = self.vm;
        let name = text(vm, module.as_object(), "__name__")?.unwrap_or_default();
        match importable(vm, &name) {
            Some(found) if found.is(module) => {
                self.atom(module.as_object(), Op::Module(name.into()));
                Ok(())
            }
            _ if name == "__main__" => refuse("the module __main__ cannot be sent; send what it has"),
            _ => refuse(format!(
                "the module {name} cannot be imported elsewhere; send what it has"
            )),
        }
    }

    /// A function with the instance that it is called on.
    pub(super) fn method(&mut self, object: &PyObject) -> Packing {
        let function = object.get_attr("__func__", self.vm)?;
        let instance = object.get_attr("__self__", self.vm)?;
        if !self.enter(object) {
            return refuse_kind(object, " if it is part of itself");
        }
        self.plan(vec![
            Step::Visit(function, Label::Attribute("__func__")),
            Step::Visit(instance, Label::Attribute("__self__")),
            Step::Emit(Op::Method),
            Step::Define(object.to_owned()),
            Step::Close(object.to_owned()),
        ]);
        Ok(())
    }
}
