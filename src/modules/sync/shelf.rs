//! `_ungil.Shelf`: what shared queues are made of.

use std::sync::Arc;

use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine, atomic_func,
    builtins::PyType,
    protocol::PySequenceMethods,
    pyclass,
    types::{AsSequence, Comparable, Constructor, Hashable},
};

use super::face::{Core, SharedFace, shared_face};
use crate::{bridge, sync::Shelf, value::Handle};

/// A row of parcels and other shared things. When it crosses to another interpreter, it is the same row there.
#[pyclass(module = "_ungil", name = "Shelf")]
#[derive(Debug, PyPayload)]
pub(super) struct PyShelf {
    core: Core<Shelf>,
}

impl SharedFace for PyShelf {
    type Core = Shelf;

    fn core(&self) -> &Core<Shelf> {
        &self.core
    }

    fn with_core(core: Arc<Shelf>) -> Self {
        Self { core: Core::of(core) }
    }

    fn reinit(&self) {}
}
shared_face!(PyShelf, Shelf, "Shelf");

impl Constructor for PyShelf {
    type Args = ();

    fn py_new(_class: &Py<PyType>, _args: (), _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self::with_core(Shelf::new()))
    }
}

fn handle(object: &PyObjectRef, vm: &VirtualMachine) -> PyResult<Handle> {
    bridge::handle_of(object).ok_or_else(|| {
        let class = object.class().name().to_string();
        vm.new_type_error(format!(
            "a shelf holds parcels and shared things, not {class}; pack() it first"
        ))
    })
}

fn found(handle: Option<Handle>, vm: &VirtualMachine) -> PyResult {
    let handle = handle.ok_or_else(|| vm.new_index_error("nothing is there on the shelf"))?;
    handle.materialize(vm)
}

#[pyclass(with(AsSequence, Comparable, Constructor, Hashable, SharedFace), flags(HAS_WEAKREF))]
impl PyShelf {
    #[pymethod]
    fn append(zelf: &Py<Self>, item: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        let item = handle(&item, vm)?;
        Self::ready(zelf, vm)?.append(item);
        Ok(())
    }

    #[pymethod]
    fn insert(zelf: &Py<Self>, index: usize, item: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        let item = handle(&item, vm)?;
        Self::ready(zelf, vm)?.insert(index, item);
        Ok(())
    }

    #[pymethod]
    fn popleft(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        found(Self::ready(zelf, vm)?.pop_first(), vm)
    }

    #[pymethod]
    fn pop(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        found(Self::ready(zelf, vm)?.pop_last(), vm)
    }

    #[pymethod]
    fn peek(zelf: &Py<Self>, index: usize, vm: &VirtualMachine) -> PyResult {
        found(Self::ready(zelf, vm)?.get(index), vm)
    }

    #[pymethod]
    fn clear(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        Self::ready(zelf, vm)?.clear();
        Ok(())
    }
}

impl AsSequence for PyShelf {
    fn as_sequence() -> &'static PySequenceMethods {
        static METHODS: PySequenceMethods = PySequenceMethods {
            length: atomic_func!(|sequence, _| {
                let core = PyShelf::sequence_downcast(sequence).core.get();
                Ok(core.map_or(0, |core| core.len()))
            }),
            ..PySequenceMethods::NOT_IMPLEMENTED
        };
        &METHODS
    }
}
