//! `_ungil.SharedMapping`: what `multiprocessing` builds its shared memory of.

use std::sync::Arc;

use rustpython_vm::{
    Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine, atomic_func,
    builtins::{PyBaseExceptionRef, PyMemoryView, PyType},
    class::PyClassImpl,
    class_or_notimplemented,
    common::hash::PyHash,
    function::PyComparisonValue,
    protocol::{PyBuffer, PySequenceMethods},
    pyclass,
    types::{AsBuffer, AsSequence, Comparable, Constructor, Hashable, PyComparisonOp},
};

use super::view::{self, Source};
use crate::{
    bridge,
    buffer::Mapping,
    value::{Handle, Shared},
};

/// Memory that every interpreter may write at any time, as processes share memory. When it crosses, it is the same memory
/// there. Who writes what when is for its users to agree on, by a lock.
#[pyclass(module = "ungil", name = "SharedMapping")]
#[derive(Debug, PyPayload)]
pub(super) struct PySharedMapping(Arc<Mapping>);

pub(super) fn register() {
    let _class = PySharedMapping::make_static_type();
    bridge::register_face::<PySharedMapping>(|zelf| Handle::new(zelf.0.clone()));
}

impl Shared for Mapping {
    fn kind(&self) -> &'static str {
        "SharedMapping"
    }

    fn materialize(self: Arc<Self>, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
        register();
        Ok(PySharedMapping(self).into_pyobject(vm))
    }
}

impl Constructor for PySharedMapping {
    type Args = (isize,);

    fn py_new(_class: &Py<PyType>, (size,): Self::Args, vm: &VirtualMachine) -> PyResult<Self> {
        let size = usize::try_from(size).map_err(|_| vm.new_value_error("the size must not be negative"))?;
        Mapping::new(size).map(Self).map_err(|error| no_memory(&error, vm))
    }
}

fn no_memory(error: &std::io::Error, vm: &VirtualMachine) -> PyBaseExceptionRef {
    vm.new_memory_error(format!("cannot map shared memory: {error}"))
}

impl PySharedMapping {
    fn window(&self, vm: &VirtualMachine) -> PyResult<Source> {
        self.0
            .window()
            .map(Source::Window)
            .map_err(|error| no_memory(&error, vm))
    }
}

#[pyclass(with(AsBuffer, AsSequence, Comparable, Constructor, Hashable), flags(HAS_WEAKREF))]
impl PySharedMapping {
    /// A memoryview that reads and writes; any number of them, anywhere, see the same bytes.
    #[pymethod]
    fn view(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyRef<PyMemoryView>> {
        view::memoryview(zelf.window(vm)?, vm)
    }

    #[pymethod]
    fn __reduce__(_zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        Err(vm.new_type_error("cannot pickle 'ungil.SharedMapping' object"))
    }
}

impl AsBuffer for PySharedMapping {
    fn as_buffer(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyBuffer> {
        Ok(view::buffer(zelf.window(vm)?, vm))
    }
}

impl AsSequence for PySharedMapping {
    fn as_sequence() -> &'static PySequenceMethods {
        static METHODS: PySequenceMethods = PySequenceMethods {
            length: atomic_func!(|sequence, _| Ok(PySharedMapping::sequence_downcast(sequence).0.len())),
            ..PySequenceMethods::NOT_IMPLEMENTED
        };
        &METHODS
    }
}

impl Comparable for PySharedMapping {
    fn cmp(zelf: &Py<Self>, other: &PyObject, op: PyComparisonOp, _vm: &VirtualMachine) -> PyResult<PyComparisonValue> {
        op.eq_only(|| {
            let other = class_or_notimplemented!(Self, other);
            Ok(Arc::ptr_eq(&zelf.0, &other.0).into())
        })
    }
}

impl Hashable for PySharedMapping {
    fn hash(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<PyHash> {
        Ok(Arc::as_ptr(&zelf.0).addr() as PyHash)
    }
}
