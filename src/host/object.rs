//! The Python object that stands for a host object.

use std::{cell::RefCell, fmt, sync::Arc};

use rustpython_vm::{
    AsObject, Context, Py, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyType, PyTypeRef},
    class::{PyClassImpl, StaticType},
    common::hash::PyHash,
    function::{FuncArgs, PyComparisonValue},
    pyclass,
    types::{Comparable, Constructor, Hashable, Initializer, PyComparisonOp},
};

use super::{HostFunction, arguments::drop_quietly, class_object::definition_of, instance::AnyInstance};
use crate::{
    bridge::register_face,
    fence,
    value::{Handle, Shared},
};

/// The base of all host classes.
#[pyclass(module = "ungil", name = "HostObject")]
pub(super) struct HostObject {
    /// Empty until `__init__`, as in Python's own classes.
    instance: RefCell<Option<Arc<dyn AnyInstance>>>,
}

impl PyPayload for HostObject {
    fn class(_: &Context) -> &'static Py<PyType> {
        match Self::static_cell().get() {
            Some(class) => class,
            None => {
                register_face::<Self>(|object| object.handle());
                let _ = Self::make_static_type();
                Self::static_type()
            }
        }
    }
}

impl fmt::Debug for HostObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostObject")
    }
}

impl Drop for HostObject {
    fn drop(&mut self) {
        // The value may be the host's last, and its destructor may panic: that must not reach the VM.
        let instance = self.instance.take();
        fence::later(move || drop_quietly(instance));
    }
}

impl HostObject {
    pub(super) fn make(vm: &VirtualMachine, class: PyTypeRef, instance: Arc<dyn AnyInstance>) -> PyResult {
        let object = Self {
            instance: RefCell::new(Some(instance)),
        };
        object.into_ref_with_type(vm, class).map(Into::into)
    }

    /// What the method is to be called on.
    pub(super) fn instance_of(
        vm: &VirtualMachine,
        object: &PyObject,
        method: &HostFunction,
    ) -> PyResult<Arc<dyn AnyInstance>> {
        let Some(host_object) = object.downcast_ref::<Self>() else {
            let name = method.qualified_name();
            let found = object.class().name().to_string();
            return Err(vm.new_type_error(format!("{name}() doesn't apply to a '{found}' object")));
        };
        let instance = host_object.instance.borrow().clone();
        instance.ok_or_else(|| uninitialized(vm, object))
    }

    fn handle(&self) -> Handle {
        match self.instance.borrow().clone() {
            Some(instance) => instance.handle(),
            None => Handle::new(Arc::new(Uninitialized)),
        }
    }

    fn address(&self) -> Option<usize> {
        self.instance
            .borrow()
            .as_ref()
            .map(|instance| Arc::as_ptr(instance).cast::<()>().addr())
    }
}

fn uninitialized(vm: &VirtualMachine, object: &PyObject) -> PyBaseExceptionRef {
    let name = object.class().name().to_string();
    vm.new_runtime_error(format!("{name}.__init__() did not call super().__init__()"))
}

/// What crosses of an instance whose `__init__` was not run.
struct Uninitialized;

impl Shared for Uninitialized {
    fn kind(&self) -> &'static str {
        "an instance that was not initialized"
    }

    fn materialize(self: Arc<Self>, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
        Err(vm.new_runtime_error("an instance was sent before its super().__init__() was called"))
    }
}

impl Constructor for HostObject {
    type Args = FuncArgs;

    fn slot_new(class: PyTypeRef, _args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        let constructible = definition_of(&class).is_some_and(|definition| definition.constructor.is_some());
        if !constructible {
            let name = class.name().to_string();
            return Err(vm.new_type_error(format!("cannot create '{name}' instances: only the host makes them")));
        }
        let object = Self {
            instance: RefCell::new(None),
        };
        object.into_ref_with_type(vm, class).map(Into::into)
    }

    fn py_new(_class: &Py<PyType>, _args: FuncArgs, vm: &VirtualMachine) -> PyResult<Self> {
        Err(vm.new_type_error("cannot create 'HostObject' instances"))
    }
}

impl Initializer for HostObject {
    type Args = FuncArgs;

    fn init(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        let definition = definition_of(zelf.class());
        let constructor = definition
            .as_ref()
            .and_then(|definition| Some((definition, definition.constructor.as_ref()?)));
        let Some((definition, constructor)) = constructor else {
            return Err(vm.new_type_error("cannot initialize instances that only the host makes"));
        };
        let instance = definition.finished(constructor, None).construct(vm, args)?;
        let _ = instance.class().set(definition.clone());
        let former = zelf.instance.replace(Some(instance));
        fence::later(move || drop_quietly(former));
        Ok(())
    }
}

// Two objects are equal if they stand for the same value: it may have come here on two ways.
impl Comparable for HostObject {
    fn cmp(zelf: &Py<Self>, other: &PyObject, op: PyComparisonOp, _vm: &VirtualMachine) -> PyResult<PyComparisonValue> {
        op.eq_only(|| {
            let other = other.downcast_ref::<Self>().and_then(|other| other.address());
            Ok(match (zelf.address(), other) {
                (Some(this), Some(other)) => PyComparisonValue::Implemented(this == other),
                _ => PyComparisonValue::NotImplemented,
            })
        })
    }
}

impl Hashable for HostObject {
    fn hash(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyHash> {
        let address = zelf.address().ok_or_else(|| uninitialized(vm, zelf.as_object()))?;
        Ok((address >> 4) as PyHash)
    }
}

#[pyclass(
    with(Constructor, Initializer, Comparable, Hashable),
    flags(BASETYPE, IMMUTABLETYPE, HAS_WEAKREF)
)]
impl HostObject {
    /// A copy through pickle would be another value, or none at all.
    #[pymethod]
    fn __reduce_ex__(zelf: &Py<Self>, _protocol: PyObjectRef, vm: &VirtualMachine) -> PyResult {
        let name = zelf.class().name().to_string();
        Err(vm.new_type_error(format!(
            "cannot pickle or copy '{name}' object: it lives in the host program"
        )))
    }
}
