//! Host objects: Rust values that interpreters share by reference.

use std::{
    any::{Any, TypeId, type_name},
    fmt,
    ops::Deref,
    sync::{Arc, OnceLock},
};

use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{definition::ClassDefinition, registry};
use crate::value::{Handle, Shared, deserialize_handle, serialize_handle};

/// A value of a type that is offered to scripts as a [`Class`](super::Class), with what its references share.
pub(super) struct Instance<T> {
    value: T,
    class: OnceLock<Arc<ClassDefinition>>,
}

impl<T: Send + Sync + 'static> Instance<T> {
    pub(super) fn new(value: T) -> Arc<Self> {
        Arc::new(Self {
            value,
            class: OnceLock::new(),
        })
    }
}

/// An [`Instance`] of any type.
pub(super) trait AnyInstance: Any + Send + Sync {
    /// The class that it was made for, if it was made for one.
    fn class(&self) -> &OnceLock<Arc<ClassDefinition>>;
    /// Of the value.
    fn value_type(&self) -> TypeId;
    /// Of the value's type.
    fn rust_name(&self) -> &'static str;
    fn handle(self: Arc<Self>) -> Handle;
}

impl<T: Send + Sync + 'static> AnyInstance for Instance<T> {
    fn class(&self) -> &OnceLock<Arc<ClassDefinition>> {
        &self.class
    }

    fn value_type(&self) -> TypeId {
        TypeId::of::<T>()
    }

    fn rust_name(&self) -> &'static str {
        type_name::<T>()
    }

    fn handle(self: Arc<Self>) -> Handle {
        Handle::new(self)
    }
}

impl<T: Send + Sync + 'static> Shared for Instance<T> {
    fn kind(&self) -> &'static str {
        short_name(type_name::<T>())
    }

    fn materialize(self: Arc<Self>, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
        registry::materialize(vm, self)
    }
}

/// The last part of a Rust path, without type arguments.
pub(super) fn short_name(path: &'static str) -> &'static str {
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path)
}

/// A reference to a Rust value that scripts see as an instance of a [`Class`](super::Class).
///
/// It derefs to the value. It can be an argument, a result, or a part of either, of everything that crosses: what
/// crosses is the reference, so all interpreters and all of Rust use one and the same value, until the last reference
/// is dropped. In Python, references to the same value are equal.
///
/// ```
/// use std::sync::atomic::{AtomicI64, Ordering};
/// use ungil::{Class, HostRef, Interpreter, Module};
///
/// struct Counter(AtomicI64);
/// let class = Class::<Counter>::new("Counter")
///     .method("add", |this: &Counter, n: i64| this.0.fetch_add(n, Ordering::Relaxed) + n);
/// let py = Interpreter::builder().module(Module::new("shop").class(class)).build()?;
///
/// let counter = HostRef::new(Counter(AtomicI64::new(40)));
/// py.exec("def use(counter): counter.add(2); return counter")?;
/// let same: HostRef<Counter> = py.call("use", (&counter,))?;
/// assert!(HostRef::ptr_eq(&counter, &same));
/// assert_eq!(counter.0.load(Ordering::Relaxed), 42);
/// # Ok::<(), ungil::Error>(())
/// ```
pub struct HostRef<T>(Arc<Instance<T>>);

impl<T: Send + Sync + 'static> HostRef<T> {
    /// Makes a value ready to be shared.
    ///
    /// An interpreter shows it as an instance of its own class for `T`, if one of its modules has one, and else of the
    /// class that was last given to any module of the process. [`Class::instance`](super::Class::instance) names the
    /// class.
    pub fn new(value: T) -> Self {
        Self(Instance::new(value))
    }

    /// True if both refer to the same value.
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        Arc::ptr_eq(&this.0, &other.0)
    }

    pub(super) fn of_class(value: T, class: Arc<ClassDefinition>) -> Self {
        let instance = Instance {
            value,
            class: class.into(),
        };
        Self(Arc::new(instance))
    }

    pub(super) fn from_instance(instance: Arc<Instance<T>>) -> Self {
        Self(instance)
    }
}

impl<T> Deref for HostRef<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T> Clone for HostRef<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: fmt::Debug> fmt::Debug for HostRef<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HostRef").field(&self.0.value).finish()
    }
}

impl<T: Send + Sync + 'static> From<T> for HostRef<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Send + Sync + 'static> Serialize for HostRef<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_handle(&Handle::new(self.0.clone()), serializer)
    }
}

impl<'de, T: Send + Sync + 'static> Deserialize<'de> for HostRef<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let handle = deserialize_handle(deserializer)?;
        handle.downcast().map(Self).ok_or_else(|| {
            let wanted = short_name(type_name::<T>());
            D::Error::custom(format!("expected {wanted}, found {}", handle.kind()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_use_the_last_part_of_a_rust_path() {
        assert_eq!(short_name("shop::cart::Cart"), "Cart");
        assert_eq!(short_name("shop::Cart<alloc::string::String>"), "Cart");
        assert_eq!(short_name("i64"), "i64");
    }
}
