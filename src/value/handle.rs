//! References to things that are made to be shared: what crosses is the reference.

use std::{any::Any, fmt, sync::Arc};

use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine};

use crate::control::Waitable;

/// What a [`Handle`] can point to. It lives outside every interpreter and shows itself in each one.
pub(crate) trait Shared: Any + Send + Sync {
    /// The name that messages use for it, as Python would name its class.
    fn kind(&self) -> &'static str;

    /// Makes the Python object that stands for it in the interpreter of the calling thread.
    fn materialize(self: Arc<Self>, vm: &VirtualMachine) -> PyResult<PyObjectRef>;

    /// What a script can select on, if this can be waited for.
    fn as_waitable(&self) -> Option<&dyn Waitable> {
        None
    }
}

/// A reference to something shared (a channel's end, a host object, a Python object held from Rust) inside a
/// [`Value`](crate::Value).
///
/// Handles are equal if they point to the same thing. They are made by the types that are shared, never by hand.
#[derive(Clone)]
pub struct Handle(Arc<dyn Shared>);

impl Handle {
    pub(crate) fn new<T: Shared>(shared: Arc<T>) -> Self {
        Self(shared)
    }

    /// The name of what it points to, such as `Receiver`.
    pub fn kind(&self) -> &'static str {
        self.0.kind()
    }

    pub(crate) fn downcast<T: Shared>(&self) -> Option<Arc<T>> {
        let shared: Arc<dyn Any + Send + Sync> = self.0.clone();
        shared.downcast().ok()
    }

    /// What a script can select on, if it can be waited for.
    pub(crate) fn as_waitable(&self) -> Option<&dyn Waitable> {
        self.0.as_waitable()
    }

    pub(crate) fn materialize(self, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
        self.0.materialize(vm)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({})", self.kind())
    }
}

impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
