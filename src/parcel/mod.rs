//! Parcels: how Python objects pass from one interpreter to another.
//!
//! [`pack`] makes a snapshot of an object and all that it refers to, which is [`Send`] and knows nothing of the
//! interpreter that it came from; [`unpack`] makes the objects anew, in whatever interpreter runs on the thread. A parcel
//! is never bytes: it is made here and read here, in one process, so nobody can hand in a damaged one.
//!
//! - Types are exact, and so is identity: what was one object is one object, cycles included.
//! - Plain data, and instances whose class does not say otherwise, are packed without running any Python. The rest goes
//!   through `copyreg`, `__reduce_ex__` and the methods that belong to it, and through `_ungil_reduce` (stdlib/), which
//!   knows kinds that Python itself cannot pickle.
//! - Functions and classes go by name where the receiver can import them, and by value otherwise: [`function`], [`class`].
//! - What is made to be shared ([`handle_of`](crate::bridge::handle_of)) goes by reference.
//! - Neither packing nor unpacking recurses: depth is limited by memory only.

mod atomic;
mod class;
mod code;
mod effects;
mod error;
mod fragment;
mod frame;
mod function;
mod globals;
mod instance;
mod memo;
mod op;
mod ops;
mod pack;
mod plain;
mod record;
mod reduce;
mod unpack;
mod unpack_function;
mod unpack_state;
mod world;

use std::{fmt, sync::Arc};

use rustpython_vm::{Py, PyObject, PyObjectRef, PyResult, VirtualMachine, builtins::PyCode};

use crate::{
    bridge,
    channel::Packed,
    error::ConversionError,
    value::{Handle, Shared, Value},
};
use ops::Ops;

pub(crate) use atomic::is_atomic;
pub(crate) use effects::CodeEffects;

/// A snapshot of Python objects that any thread can hold.
#[derive(Clone)]
pub(crate) struct Parcel {
    ops: Ops,
    /// How many of its objects have a number.
    slots: usize,
    size: usize,
}

impl Parcel {
    /// How much memory it takes, about.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// As data, without an interpreter; an error names the part that is not plain data.
    pub(crate) fn to_value(&self) -> Result<Value, ConversionError> {
        plain::to_value(&self.ops)
    }
}

impl fmt::Debug for Parcel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parcel")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Packed for Parcel {
    fn to_value(&self) -> Result<Value, ConversionError> {
        self.to_value()
    }

    fn into_handle(self: Box<Self>) -> Handle {
        Handle::new(Arc::new(*self))
    }
}

impl Shared for Parcel {
    fn kind(&self) -> &'static str {
        "Parcel"
    }

    fn materialize(self: Arc<Self>, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
        face(vm, self)
    }
}

/// Makes the Python object that stands for a parcel.
type MakeFace = fn(&VirtualMachine, Arc<Parcel>) -> PyResult<PyObjectRef>;

/// Says how that is done; for the module that defines its class.
pub(crate) fn set_face(make: MakeFace) {
    let _ = FACE.set(make);
}

static FACE: std::sync::OnceLock<MakeFace> = std::sync::OnceLock::new();

fn face(vm: &VirtualMachine, parcel: Arc<Parcel>) -> PyResult<PyObjectRef> {
    match FACE.get() {
        Some(make) => make(vm, parcel),
        // The class comes with the native module, which nobody has imported anywhere yet.
        None => {
            vm.import("_ungil", 0)?;
            let make = FACE
                .get()
                .ok_or_else(|| vm.new_runtime_error("_ungil did not define Parcel"))?;
            make(vm, parcel)
        }
    }
}

/// Packs `object`. `root` names it in errors: `value`, `args`.
///
/// # Errors
/// `NotShareableError` if part of it cannot cross, with the path to that part; or what its own methods raised.
pub(crate) fn pack(vm: &VirtualMachine, object: &PyObject, root: &str) -> PyResult<Parcel> {
    let parcel = pack::pack(vm, object, root)?;
    bridge::check_message_size(vm, parcel.size)?;
    Ok(parcel)
}

/// Makes the objects of a parcel, which is used up.
pub(crate) fn unpack(vm: &VirtualMachine, parcel: Parcel) -> PyResult<PyObjectRef> {
    let Parcel { ops, slots, .. } = parcel;
    let count = ops.len();
    unpack::run(vm, ops.into_pieces(), count, slots)
}

/// Makes the objects of a parcel; each call makes them anew.
pub(crate) fn open(vm: &VirtualMachine, parcel: &Parcel) -> PyResult<PyObjectRef> {
    unpack::run_again(vm, &parcel.ops, parcel.slots)
}

/// What a code object reads and stores outside itself.
pub(crate) fn code_effects(vm: &VirtualMachine, code: &Py<PyCode>) -> PyResult<CodeEffects> {
    Ok(CodeEffects::of(&code::plain(vm, code)?))
}

/// Functions of the starter's `__main__` are to see the `__main__` of the interpreter on this thread, which is its worker.
pub(crate) fn adopt_main() {
    world::adopt_main();
}

/// Lets go of everything that is remembered for the interpreter on this thread, while it can still free objects.
pub(crate) fn retire() {
    world::forget();
}

/// The same after it has ended, in whatever way: nothing of it is touched.
pub(crate) fn abandon() {
    world::abandon();
}
