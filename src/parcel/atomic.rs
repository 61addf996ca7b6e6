//! Objects that lose nothing when they are copied.

use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, VirtualMachine,
    builtins::{PyFrozenSet, PyRange, PySlice, PyTuple},
};

use super::globals::{importable, lookup, text};
use crate::bridge;

/// True if `object` is immutable all through: nobody could tell it from a copy but by its identity. What crosses by
/// reference counts as such, and so do functions and classes that the receiver imports.
pub(crate) fn is_atomic(vm: &VirtualMachine, object: &PyObject) -> bool {
    let mut rest: Vec<PyObjectRef> = vec![object.to_owned()];
    while let Some(object) = rest.pop() {
        let (class, types) = (object.class(), &vm.ctx.types);
        let plain = [
            types.none_type,
            types.bool_type,
            types.int_type,
            types.float_type,
            types.complex_type,
            types.str_type,
            types.bytes_type,
            types.ellipsis_type,
            types.not_implemented_type,
            types.code_type,
        ];
        if plain.iter().any(|kind| class.is(*kind)) {
            continue;
        }
        if class.is(types.tuple_type)
            && let Some(tuple) = object.downcast_ref::<PyTuple>()
        {
            rest.extend(tuple.as_slice().iter().cloned());
        } else if class.is(types.frozenset_type)
            && let Some(set) = object.downcast_ref::<PyFrozenSet>()
        {
            rest.extend(set.elements());
        } else if class.is(types.range_type) && object.downcast_ref::<PyRange>().is_some() {
            continue;
        } else if class.is(types.slice_type)
            && let Some(slice) = object.downcast_ref::<PySlice>()
        {
            rest.extend(
                slice
                    .start
                    .iter()
                    .chain([&slice.stop])
                    .chain(slice.step.iter())
                    .cloned(),
            );
        } else if !(bridge::handle_of(&object).is_some() || is_temporal(vm, &object) || is_imported(vm, &object)) {
            return false;
        }
    }
    true
}

fn is_temporal(vm: &VirtualMachine, object: &PyObject) -> bool {
    bridge::temporal_of(vm, object).is_ok_and(|value| value.is_some())
}

fn is_imported(vm: &VirtualMachine, object: &PyObject) -> bool {
    let types = &vm.ctx.types;
    let class = object.class();
    if class.is(types.module_type) {
        let name = text(vm, object, "__name__").ok().flatten().unwrap_or_default();
        return importable(vm, &name).is_some_and(|module| module.is(object));
    }
    let kind = class.is(types.function_type)
        || class.is(types.builtin_function_or_method_type)
        || class.fast_issubclass(types.type_type);
    if !kind {
        return false;
    }
    let name = |attribute| text(vm, object, attribute).ok().flatten();
    let module = name("__module__").unwrap_or_else(|| "builtins".to_owned());
    let found = importable(vm, &module)
        .zip(name("__qualname__"))
        .and_then(|(module, name)| lookup(vm, &module, &name).ok().flatten());
    found.is_some_and(|found| found.is(object))
}
