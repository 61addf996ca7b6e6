//! Data becomes Python objects of the interpreter on this thread.

use rustpython_vm::{
    PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyFrozenSet, PySet},
};

use super::temporal;
use crate::{alloc, value::Value};

/// Makes the Python object that `value` describes. Fails only where Python itself would: an unhashable key, no memory.
pub(crate) fn to_python(vm: &VirtualMachine, value: Value) -> PyResult<PyObjectRef> {
    Ok(match value {
        Value::None => vm.ctx.none(),
        Value::Bool(value) => vm.ctx.new_bool(value).into(),
        Value::Int(value) => vm.ctx.new_int(value).into(),
        Value::BigInt(value) => vm.ctx.new_bigint(&value).into(),
        Value::Float(value) => vm.ctx.new_float(value).into(),
        Value::Complex(value) => vm
            .ctx
            .new_complex(num_complex::Complex64::new(value.re, value.im))
            .into(),
        Value::Str(value) => {
            alloc::adopt_text(&value);
            vm.ctx.new_str(value).into()
        }
        Value::Bytes(value) => {
            // The object takes the buffer as it is.
            alloc::adopt(&value);
            vm.ctx.new_bytes(value).into()
        }
        Value::List(items) => vm.ctx.new_list(objects(vm, items)?).into(),
        Value::Tuple(items) => vm.ctx.new_tuple(objects(vm, items)?).into(),
        Value::Dict(entries) => {
            let dict = vm.ctx.new_dict();
            for (key, value) in entries {
                let key = to_python(vm, key)?;
                dict.set_item(&*key, to_python(vm, value)?, vm)?;
            }
            dict.into()
        }
        Value::Set(items) => {
            let set = PySet::default().into_ref(&vm.ctx);
            for item in items {
                set.add(to_python(vm, item)?, vm)?;
            }
            set.into()
        }
        Value::FrozenSet(items) => PyFrozenSet::from_iter(vm, objects(vm, items)?)?
            .into_ref(&vm.ctx)
            .into(),
        Value::Handle(handle) => handle.materialize(vm)?,
        Value::Date(_) | Value::Time(_) | Value::DateTime(_) | Value::TimeDelta(_) | Value::TimeZone(_) => {
            temporal::to_python(vm, value)?
        }
    })
}

fn objects(vm: &VirtualMachine, items: Vec<Value>) -> PyResult<Vec<PyObjectRef>> {
    items.into_iter().map(|item| to_python(vm, item)).collect()
}
