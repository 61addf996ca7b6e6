//! Making the Python class for a host class in one interpreter.

use std::sync::Arc;

use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyType, PyTypeRef},
};

use super::{
    HostFunction, Spawner,
    callable::HostMethodObject,
    definition::{ClassDefinition, Member},
    object::HostObject,
};
use crate::bridge;

/// What the class object remembers of the class.
struct ClassData(Arc<ClassDefinition>);

/// The host class that `class` is, or derives from.
pub(super) fn definition_of(class: &Py<PyType>) -> Option<Arc<ClassDefinition>> {
    class
        .mro_collect()
        .iter()
        .find_map(|class| class.get_type_data::<ClassData>().map(|data| data.0.clone()))
}

/// Makes the class as a `class` statement would, so that scripts can do with it what they do with any class.
pub(super) fn build_class(
    vm: &VirtualMachine,
    definition: &Arc<ClassDefinition>,
    spawner: Option<&Spawner>,
) -> PyResult<PyTypeRef> {
    let namespace = vm.ctx.new_dict();
    let module = definition.module.get().map_or("builtins", |module| &**module);
    namespace.set_item("__module__", vm.ctx.new_str(module).into(), vm)?;
    namespace.set_item("__slots__", vm.ctx.empty_tuple.clone().into(), vm)?;
    if let Some(doc) = &definition.doc {
        namespace.set_item("__doc__", vm.ctx.new_str(doc.as_str()).into(), vm)?;
    }
    for (name, member) in &definition.members {
        let object = member_object(vm, member, &|function| definition.finished(function, spawner))?;
        namespace.set_item(name.as_str(), object, vm)?;
    }
    let base = HostObject::class(&vm.ctx).to_owned();
    let bases = vm.ctx.new_tuple(vec![base.into()]);
    let name = vm.ctx.new_str(definition.name.as_str());
    let class = vm.ctx.types.type_type.as_object().call((name, bases, namespace), vm)?;
    let class = class
        .downcast::<PyType>()
        .map_err(|other| vm.new_type_error(format!("expected a class, found {}", other.class().name())))?;
    class
        .init_type_data(ClassData(definition.clone()))
        .map_err(|problem| vm.new_system_error(problem))?;
    Ok(class)
}

fn member_object(
    vm: &VirtualMachine,
    member: &Member,
    finished: &dyn Fn(&HostFunction) -> HostFunction,
) -> PyResult<PyObjectRef> {
    let method = |function: &HostFunction| HostMethodObject::make(vm, finished(function));
    Ok(match member {
        Member::Method(function) => method(function),
        Member::Static(function) => finished(function).to_python(vm),
        Member::Constant(value) => bridge::to_python(vm, value.clone())?,
        Member::Property { get, set } => {
            let set = set.as_ref().map_or_else(|| vm.ctx.none(), method);
            let property = vm.ctx.types.property_type.as_object();
            property.call((method(get), set), vm)?
        }
    })
}
