//! TEMPORARY until the engine is merged.
use crate::parcel::{self, Parcel};
use rustpython_vm::{
    Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyDictRef, PyTupleRef},
    class::PyClassImpl,
    pyclass,
};
use std::sync::Arc;
#[pyclass(module = "ungil", name = "Parcel")]
#[derive(PyPayload)]
pub(super) struct PyParcel {
    parcel: Arc<Parcel>,
}
impl std::fmt::Debug for PyParcel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Parcel")
    }
}
impl PyParcel {
    pub(super) fn make(vm: &VirtualMachine, parcel: Arc<Parcel>) -> PyObjectRef {
        let _ = Self::make_static_type();
        PyParcel { parcel }.into_pyobject(vm)
    }
}
#[pyclass]
impl PyParcel {
    #[pymethod]
    fn open(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        parcel::unpack(vm, &zelf.parcel)
    }
}
pub(super) fn pack_call(
    vm: &VirtualMachine,
    function: PyObjectRef,
    args: Option<PyTupleRef>,
    kwargs: Option<PyDictRef>,
) -> PyResult<Parcel> {
    let args = args.map_or_else(|| vm.ctx.empty_tuple.clone().into(), PyObjectRef::from);
    let kwargs = kwargs.map_or_else(|| vm.ctx.new_dict().into(), PyObjectRef::from);
    let call: PyObjectRef = vm.ctx.new_tuple(vec![function, args, kwargs]).into();
    parcel::pack(vm, &call, "call")
}
