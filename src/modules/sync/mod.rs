//! Locks, semaphores, events, conditions, barriers and counters as Python objects.
//!
//! The classes are those that `threading` and `_thread` offer. An object of one of them crosses as a handle, so that
//! it is the same thing on both sides; one of a subclass, or with attributes, crosses by `__reduce__`, with the same
//! core inside.

mod barrier;
mod condition;
mod counter;
mod event;
mod face;
mod lock;
mod semaphore;
mod shelf;
mod timeout;

use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyModule, PyTypeRef},
    class::PyClassImpl,
};

pub(crate) use event::PyEvent;
pub(super) use face::call_aio;
pub(crate) use lock::{PyLock, PyRLock};
pub(super) use timeout::{TIMEOUT_MAX, parker};

use barrier::PyBarrier;
use condition::PyCondition;
use counter::PyCounter;
use face::SharedFace;
use semaphore::PySemaphore;
use shelf::PyShelf;

use crate::bridge;

/// Adds the classes to the native module.
pub(crate) fn init(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    register();
    module.set_attr("Lock", PyLock::make_static_type(), vm)?;
    module.set_attr("RLock", PyRLock::make_static_type(), vm)?;
    module.set_attr("Semaphore", PySemaphore::make_static_type(), vm)?;
    module.set_attr("Event", PyEvent::make_static_type(), vm)?;
    module.set_attr("Condition", PyCondition::make_static_type(), vm)?;
    module.set_attr("Barrier", PyBarrier::make_static_type(), vm)?;
    module.set_attr("Counter", PyCounter::make_static_type(), vm)?;
    module.set_attr("Shelf", PyShelf::make_static_type(), vm)?;
    module.set_attr("_adopt", vm.new_function("_adopt", adopt), vm)?;
    let is_shared = vm.new_function("_is_shared", |object: PyObjectRef| bridge::handle_of(&object).is_some());
    module.set_attr("_is_shared", is_shared, vm)?;
    Ok(())
}

/// Makes the classes known on this thread, so that objects of them can be made, and cross.
fn register() {
    PyLock::register();
    PyRLock::register();
    PySemaphore::register();
    PyEvent::register();
    PyCondition::register();
    PyBarrier::register();
    PyCounter::register();
    PyShelf::register();
}

/// Makes an object of a subclass, with the core of `bare`: how such an object is rebuilt on the other side.
fn adopt(class: PyTypeRef, bare: PyObjectRef, extra: PyObjectRef, vm: &VirtualMachine) -> PyResult {
    let object = vm.call_method(bare.class().as_object(), "__new__", (class,))?;
    let adopted = PyRLock::adopt_object(&object, &bare)
        || PySemaphore::adopt_object(&object, &bare)
        || PyEvent::adopt_object(&object, &bare)
        || PyCondition::adopt_object(&object, &bare)
        || PyBarrier::adopt_object(&object, &bare)
        || PyCounter::adopt_object(&object, &bare);
    if !adopted {
        let (class, bare) = (object.class().name().to_string(), bare.class().name().to_string());
        return Err(vm.new_type_error(format!("a {class} cannot stand for a {bare}")));
    }
    if let Some(barrier) = object.downcast_ref::<PyBarrier>() {
        barrier.set_action((!vm.is_none(&extra)).then_some(extra));
    }
    Ok(object)
}
