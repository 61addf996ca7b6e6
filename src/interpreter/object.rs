//! Python objects held from Rust: the object stays on its thread, the handle goes anywhere.

use std::{
    cell::RefCell,
    collections::HashMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

use super::{address::Address, job::Job, run};
use crate::{
    bridge::{self, FromPythonError},
    control::Control,
    error::Result,
    value::{Handle, Shared, Value, deserialize_handle, from_value_at, serialize_handle, to_value_at},
};

thread_local! {
    static HELD: RefCell<HashMap<u64, PyObjectRef>> = RefCell::default();
}

/// A Python object of one interpreter, held from Rust: a function, a class, an instance, anything.
///
/// The object lives as long as the last clone of its handle, and as its interpreter. The handle can be sent between
/// threads, called later, passed as an argument (to its own interpreter) and dropped anywhere. It does not keep the
/// interpreter alive: once that is closed, every call is [`Error::Closed`](crate::Error::Closed).
///
/// ```
/// let py = ungil::Interpreter::new()?;
/// let double = py.eval_object("lambda x: x * 2")?;
/// let handle = std::thread::spawn(move || double.call::<i64>((21,)));
/// assert_eq!(handle.join().unwrap()?, 42);
/// # Ok::<(), ungil::Error>(())
/// ```
#[derive(Clone)]
pub struct Object(Arc<Held>);

pub(super) struct Held {
    id: u64,
    address: Address,
}

impl Object {
    /// Holds `object` for Rust. Called on the interpreter's thread.
    pub(super) fn hold(object: PyObjectRef, address: Address) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        HELD.with_borrow_mut(|held| held.insert(id, object));
        Self(Arc::new(Held { id, address }))
    }

    /// Calls it and waits for the result. `args` as for [`Task::args`](crate::Task::args).
    ///
    /// # Errors
    /// As [`Interpreter::call`](crate::Interpreter::call).
    pub fn call<T>(&self, args: impl Serialize) -> Result<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.spawn_call(args).wait()
    }

    /// Calls it without waiting.
    pub fn spawn_call<T>(&self, args: impl Serialize) -> Job<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        match to_value_at("args", &args) {
            Ok(args) => self.job(move |vm, object, _| run::call(vm, &object, spread(args), Vec::new()).and_then(typed)),
            Err(error) => Job::ready(Err(error.into())),
        }
    }

    /// Calls it on its interpreter's own thread, in a job that runs there.
    #[cfg(feature = "plugins")]
    pub(crate) fn call_here(&self, vm: &VirtualMachine, args: Vec<Value>) -> Result<Value> {
        let object = self.0.find().ok_or_else(|| self.0.address.closed())?;
        run::call(vm, &object, args, Vec::new())
    }

    /// Calls one of its methods and waits for the result.
    ///
    /// # Errors
    /// As [`Object::call`].
    pub fn call_method<T>(&self, name: &str, args: impl Serialize) -> Result<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let name = name.to_owned();
        let args = to_value_at("args", &args)?;
        self.job(move |vm, object, _| {
            let method = attribute(vm, &object, &name)?;
            run::call(vm, &method, spread(args), Vec::new()).and_then(typed)
        })
        .wait()
    }

    /// Calls it and holds the result instead of converting it: to make instances of a class, say.
    ///
    /// # Errors
    /// As [`Object::call`].
    pub fn call_object(&self, args: impl Serialize) -> Result<Self> {
        let args = to_value_at("args", &args)?;
        self.job(move |vm, object, address| {
            let result = run::call_raw(vm, &object, spread(args), Vec::new())?;
            Ok(Self::hold(result, address))
        })
        .wait()
    }

    /// Reads an attribute.
    ///
    /// # Errors
    /// `AttributeError` where there is none; a conversion error if it is not data.
    pub fn get<T>(&self, name: &str) -> Result<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let name = name.to_owned();
        self.job(move |vm, object, _| typed(value(vm, &attribute(vm, &object, &name)?)?))
            .wait()
    }

    /// Holds an attribute, such as a method or a module's class.
    ///
    /// # Errors
    /// `AttributeError` where there is none.
    pub fn get_object(&self, name: &str) -> Result<Self> {
        let name = name.to_owned();
        self.job(move |vm, object, address| Ok(Self::hold(attribute(vm, &object, &name)?, address)))
            .wait()
    }

    /// Sets an attribute.
    ///
    /// # Errors
    /// What Python raises for an object that cannot have it.
    pub fn set(&self, name: &str, value: impl Serialize) -> Result<()> {
        let name = name.to_owned();
        let value = to_value_at(name.clone(), &value)?;
        self.job(move |vm, object, _| {
            bridge::to_python(vm, value)
                .and_then(|value| object.set_attr(&vm.ctx.new_str(name), value, vm))
                .map_err(|exception| bridge::exception_to_error(vm, exception))
        })
        .wait()
    }

    /// Its value as data.
    ///
    /// # Errors
    /// A conversion error if it is not data, or not of type `T`.
    pub fn extract<T>(&self) -> Result<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.job(|vm, object, _| typed(value(vm, &object)?)).wait()
    }

    /// `repr()` of it.
    ///
    /// # Errors
    /// What its `__repr__` raises.
    pub fn repr(&self) -> Result<String> {
        self.job(|vm, object, _| {
            object
                .repr(vm)
                .map(|text| text.to_string_lossy().into_owned())
                .map_err(|exception| bridge::exception_to_error(vm, exception))
        })
        .wait()
    }

    fn job<T, F>(&self, work: F) -> Job<T>
    where
        T: Send + 'static,
        F: FnOnce(&VirtualMachine, PyObjectRef, Address) -> Result<T> + Send + 'static,
    {
        let held = self.0.clone();
        self.0.address.spawn(move |vm| {
            let object = held.find().ok_or_else(|| held.address.closed())?;
            work(vm, object, held.address.clone())
        })
    }
}

impl Held {
    fn find(&self) -> Option<PyObjectRef> {
        HELD.with_borrow(|held| held.get(&self.id).cloned())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.address.release(self.id);
    }
}

/// Lets go of an object whose last handle is gone. Called on the interpreter's thread.
pub(super) fn release(id: u64) {
    // Dropped outside the borrow: its destructor may run Python that drops another handle.
    let object = HELD.with_borrow_mut(|held| held.remove(&id));
    drop(object);
}

/// Lets go of everything: the interpreter is being finalized.
pub(super) fn release_all() {
    let objects = HELD.take();
    drop(objects);
}

impl Shared for Held {
    fn kind(&self) -> &'static str {
        "Object"
    }

    fn materialize(self: Arc<Self>, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
        let here = Control::current().is_some_and(|control| control.id() == self.address.id());
        let found = if here { self.find() } else { None };
        found.ok_or_else(|| {
            let message = format!(
                "a Python object of interpreter {:?} cannot be used in another one; send its data",
                self.address.name()
            );
            vm.new_exception_msg(bridge::exceptions(vm).conversion, message.into())
        })
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_handle(&Handle::new(self.0.clone()), serializer)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let handle = deserialize_handle(deserializer)?;
        handle
            .downcast()
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom(format!("expected a Python object, found {}", handle.kind())))
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Object")
            .field("interpreter", &self.0.address.name())
            .finish_non_exhaustive()
    }
}

/// The elements of a tuple are the arguments; anything else is one argument.
fn spread(args: Value) -> Vec<Value> {
    match args {
        Value::Tuple(items) => items,
        Value::None => Vec::new(),
        single => vec![single],
    }
}

fn typed<T: DeserializeOwned>(value: Value) -> Result<T> {
    Ok(from_value_at("result", value)?)
}

fn value(vm: &VirtualMachine, object: &PyObjectRef) -> Result<Value> {
    bridge::from_python(vm, object, "result").map_err(|error: FromPythonError| error.into_error(vm))
}

fn attribute(vm: &VirtualMachine, object: &PyObjectRef, name: &str) -> Result<PyObjectRef> {
    object
        .get_attr(&vm.ctx.new_str(name), vm)
        .map_err(|exception| bridge::exception_to_error(vm, exception))
}
