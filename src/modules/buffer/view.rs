//! What the VM reads and writes shared memory through.

use std::fmt;

use rustpython_vm::{
    PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::PyMemoryView,
    common::borrow::{BorrowedValue, BorrowedValueMut},
    protocol::{BufferDescriptor, BufferMethods, PyBuffer},
    pyclass,
};

use crate::buffer::{Access, View, Window};

/// One acquisition of shared memory: each memoryview has one of its own, so that releasing the view gives it up.
#[pyclass(module = "ungil", name = "shared_view")]
#[derive(PyPayload)]
pub(super) struct PyView(Source);

pub(super) enum Source {
    View(View),
    Window(Window),
}

impl fmt::Debug for PyView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PyView")
    }
}

#[pyclass(flags(DISALLOW_INSTANTIATION))]
impl PyView {}

static METHODS: BufferMethods = BufferMethods {
    obj_bytes: |buffer| {
        BorrowedValue::Ref(match &buffer.obj_as::<PyView>().0 {
            Source::View(view) => view.bytes(),
            Source::Window(window) => window.bytes(),
        })
    },
    obj_bytes_mut: |buffer| {
        BorrowedValueMut::RefMut(match &buffer.obj_as::<PyView>().0 {
            // SAFETY: the VM asks for this only of a buffer that is not read-only, which is one whose view may write; and
            // it uses one slice of an object at a time, as a bytearray's lock would not let it use two.
            Source::View(view) => unsafe { view.bytes_mut() },
            // SAFETY: as above; a window is this interpreter's alone.
            Source::Window(window) => unsafe { window.bytes_mut() },
        })
    },
    release: |buffer| {
        if let Source::View(view) = &buffer.obj_as::<PyView>().0 {
            view.give_up();
        }
    },
    retain: |_| {},
};

/// A buffer over `source`, of bytes.
pub(super) fn buffer(source: Source, vm: &VirtualMachine) -> PyBuffer {
    use rustpython_vm::class::PyClassImpl;
    let _class = PyView::make_static_type();
    let (len, readonly) = match &source {
        Source::View(view) => (view.bytes().len(), view.access() == Access::Read),
        Source::Window(window) => (window.bytes().len(), false),
    };
    let object: PyObjectRef = PyView(source).into_pyobject(vm);
    PyBuffer::new(object, BufferDescriptor::simple(len, readonly), &METHODS)
}

/// A memoryview over `source`.
pub(super) fn memoryview(source: Source, vm: &VirtualMachine) -> PyResult<PyRef<PyMemoryView>> {
    Ok(PyMemoryView::from_buffer(buffer(source, vm), vm)?.into_ref(&vm.ctx))
}
