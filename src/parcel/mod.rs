//! TEMPORARY until the engine is merged.
use crate::{bridge, value::Value};
use rustpython_vm::{PyObject, PyObjectRef, PyResult, VirtualMachine, builtins::PyTuple};
pub(crate) struct Parcel(Value, Option<(String, String)>);
pub(crate) fn pack(vm: &VirtualMachine, object: &PyObject, root: &'static str) -> PyResult<Parcel> {
    if let Some(t) = object.downcast_ref::<PyTuple>()
        && t.as_slice().len() == 3
        && t.as_slice()[0].is_callable()
    {
        let f = &t.as_slice()[0];
        let m: String = f.get_attr("__module__", vm)?.try_to_value(vm)?;
        let q: String = f.get_attr("__qualname__", vm)?.try_to_value(vm)?;
        let rest = vm.ctx.new_tuple(t.as_slice()[1..].to_vec());
        let v = bridge::from_python(vm, rest.as_ref(), root).map_err(|e| e.into_pyexception(vm))?;
        return Ok(Parcel(v, Some((m, q))));
    }
    bridge::from_python(vm, object, root)
        .map(|v| Parcel(v, None))
        .map_err(|e| e.into_pyexception(vm))
}
pub(crate) fn unpack(vm: &VirtualMachine, parcel: &Parcel) -> PyResult<PyObjectRef> {
    let v = bridge::to_python(vm, parcel.0.clone())?;
    if let Some((m, q)) = &parcel.1 {
        let m = vm.import(&vm.ctx.new_str(m.as_str()), 0)?;
        let f = m.get_attr(&vm.ctx.new_str(q.as_str()), vm)?;
        let t = v.downcast_ref::<PyTuple>().unwrap();
        return Ok(vm
            .ctx
            .new_tuple(vec![f, t.as_slice()[0].clone(), t.as_slice()[1].clone()])
            .into());
    }
    Ok(v)
}
pub(crate) fn adopt_main() {}
