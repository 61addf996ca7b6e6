//! Which Python objects stand for something shared, and so cross as a handle.

use std::{any::TypeId, cell::RefCell};

use rustpython_vm::{Py, PyObject, PyPayload};

use crate::value::Handle;

type Probe = Box<dyn Fn(&PyObject) -> Option<Handle>>;

thread_local! {
    // One entry a class, however many interpreters the thread has had.
    static FACES: RefCell<Vec<(TypeId, Probe)>> = const { RefCell::new(Vec::new()) };
}

/// Makes instances of `T` cross as the handle that `handle` gives for them. Called once by the module that defines `T`.
pub(crate) fn register_face<T: PyPayload>(handle: fn(&Py<T>) -> Handle) {
    register::<T>(move |object| object.downcast_ref::<T>().map(handle));
}

/// As [`register_face`], where some instances of `T` have no handle (those of subclasses, say) and cross otherwise.
pub(crate) fn register_face_where<T: PyPayload>(handle: fn(&Py<T>) -> Option<Handle>) {
    register::<T>(move |object| object.downcast_ref::<T>().and_then(handle));
}

fn register<T: PyPayload>(probe: impl Fn(&PyObject) -> Option<Handle> + 'static) {
    FACES.with_borrow_mut(|faces| {
        let id = TypeId::of::<T>();
        if faces.iter().all(|(known, _)| *known != id) {
            faces.push((id, Box::new(probe)));
        }
    });
}

/// The handle that `object` stands for, if it is the face of something shared.
pub(crate) fn handle_of(object: &PyObject) -> Option<Handle> {
    FACES.with_borrow(|faces| faces.iter().find_map(|(_, probe)| probe(object)))
}
