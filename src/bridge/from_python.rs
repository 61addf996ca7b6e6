//! Python objects become data, or an error that names the path to what cannot cross.

use std::{borrow::Cow, cell::Cell};

use malachite_bigint::BigInt;
use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, VirtualMachine,
    builtins::{
        PyBaseExceptionRef, PyByteArray, PyBytes, PyComplex, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyStr,
        PyTuple,
    },
};

use super::{exception_to_error, exceptions, handle_of, temporal};
use crate::{
    control::Control,
    error::{Allowance, ConversionError, Error, LimitExceeded, LimitKind, describe_limit},
    value::{Complex, MAX_DEPTH, Value, at_key},
};

thread_local! {
    /// How many bytes one message may take, and how many are left for the one that is being made.
    static LIMIT: Cell<Option<u64>> = const { Cell::new(None) };
    static LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// Why an object did not become data.
pub(crate) enum FromPythonError {
    /// It is not data; the error names the path to it.
    Conversion(ConversionError),
    /// It is larger than a message may be; the number is that of bytes allowed.
    TooLarge(u64),
    /// Python code that had to run for it (a property of a `datetime` subclass, say) raised.
    Exception(PyBaseExceptionRef),
}

impl FromPythonError {
    pub(crate) fn into_pyexception(self, vm: &VirtualMachine) -> PyBaseExceptionRef {
        match self {
            Self::Conversion(error) => vm.new_exception_msg(exceptions(vm).conversion, error.to_string().into()),
            Self::TooLarge(allowed) => {
                let limit = describe_limit(LimitKind::MessageSize, Allowance::Bytes(allowed));
                let text = format!("more than {limit}; send it in parts");
                vm.new_exception_msg(exceptions(vm).conversion, text.into())
            }
            Self::Exception(exception) => exception,
        }
    }

    pub(crate) fn into_error(self, vm: &VirtualMachine) -> Error {
        match self {
            Self::Conversion(error) => Error::Conversion(error),
            Self::TooLarge(allowed) => {
                let interpreter = Control::current().map_or_else(String::new, |control| control.name().to_owned());
                let allowed = Allowance::Bytes(allowed);
                let limit = LimitExceeded::new(LimitKind::MessageSize, allowed, interpreter, None);
                Error::Limit(Box::new(limit))
            }
            Self::Exception(exception) => exception_to_error(vm, exception),
        }
    }
}

impl FromPythonError {
    fn map(self, place: impl FnOnce(ConversionError) -> ConversionError) -> Self {
        match self {
            Self::Conversion(error) => Self::Conversion(place(error)),
            other => other,
        }
    }
}

impl From<PyBaseExceptionRef> for FromPythonError {
    fn from(exception: PyBaseExceptionRef) -> Self {
        Self::Exception(exception)
    }
}

/// Turns `object` into data. `root` names it in errors: `result`, `args[0]`.
///
/// Instances of subclasses of the builtin types cross as the builtin (a namedtuple as a tuple, an `IntEnum` as an int).
pub(crate) fn from_python(
    vm: &VirtualMachine,
    object: &PyObject,
    root: impl Into<Cow<'static, str>>,
) -> Result<Value, FromPythonError> {
    LEFT.set(LIMIT.get().unwrap_or(u64::MAX));
    convert(vm, object, 0).map_err(|error| error.map(|error| error.at_root(root)))
}

/// Limits what one object may become from here on, in bytes, for the interpreter of this thread.
pub(crate) fn limit_messages(bytes: Option<u64>) {
    LIMIT.set(bytes);
}

/// An error if a message of that size is larger than it may be.
pub(crate) fn check_message_size(vm: &VirtualMachine, bytes: usize) -> rustpython_vm::PyResult<()> {
    match LIMIT.get() {
        Some(limit) if bytes as u64 > limit => Err(FromPythonError::TooLarge(limit).into_pyexception(vm)),
        _ => Ok(()),
    }
}

/// Takes so many bytes from what is left for the message that is being made.
fn spend(bytes: usize) -> Result<(), FromPythonError> {
    match LEFT.get().checked_sub(bytes as u64) {
        Some(left) => {
            LEFT.set(left);
            Ok(())
        }
        None => Err(FromPythonError::TooLarge(LIMIT.get().unwrap_or(u64::MAX))),
    }
}

/// Before the items of a container are converted, of which there may be millions: a stop must not wait for them.
fn begin_items(vm: &VirtualMachine, count: usize) -> Result<(), FromPythonError> {
    vm.check_signals()?;
    spend(count.saturating_mul(size_of::<Value>()))
}

fn convert(vm: &VirtualMachine, object: &PyObject, depth: usize) -> Result<Value, FromPythonError> {
    if vm.is_none(object) {
        return Ok(Value::None);
    }
    if depth > MAX_DEPTH {
        return fail(format!(
            "nested more than {MAX_DEPTH} levels deep, or containing itself; flatten it"
        ));
    }
    if let Some(int) = object.downcast_ref::<PyInt>() {
        if object.fast_isinstance(vm.ctx.types.bool_type) {
            return Ok(Value::Bool(object.is(&vm.ctx.true_value)));
        }
        return Ok(int_value(int.as_bigint()));
    }
    if let Some(text) = object.downcast_ref::<PyStr>() {
        return match text.to_str() {
            Some(text) => {
                spend(text.len())?;
                Ok(Value::Str(text.to_owned()))
            }
            None => fail("a str with lone surrogates, which is not valid Unicode text; encode it to bytes first"),
        };
    }
    if let Some(float) = object.downcast_ref::<PyFloat>() {
        return Ok(Value::Float(float.to_f64()));
    }
    if let Some(list) = object.downcast_ref::<PyList>() {
        let items = list.borrow_vec().to_vec();
        return Ok(Value::List(sequence(vm, &items, depth)?));
    }
    if let Some(tuple) = object.downcast_ref::<PyTuple>() {
        return Ok(Value::Tuple(sequence(vm, tuple.as_slice(), depth)?));
    }
    if let Some(dict) = object.downcast_ref::<PyDict>() {
        return mapping(vm, dict.items_vec(), depth);
    }
    if let Some(bytes) = object.downcast_ref::<PyBytes>() {
        spend(bytes.as_bytes().len())?;
        return Ok(Value::Bytes(bytes.as_bytes().to_vec()));
    }
    convert_rare(vm, object, depth)
}

fn convert_rare(vm: &VirtualMachine, object: &PyObject, depth: usize) -> Result<Value, FromPythonError> {
    if let Some(bytes) = object.downcast_ref::<PyByteArray>() {
        spend(bytes.borrow_buf().len())?;
        return Ok(Value::Bytes(bytes.borrow_buf().to_vec()));
    }
    if let Some(set) = object.downcast_ref::<PySet>() {
        return Ok(Value::Set(members(vm, &set.elements(), depth)?));
    }
    if let Some(set) = object.downcast_ref::<PyFrozenSet>() {
        return Ok(Value::FrozenSet(members(vm, &set.elements(), depth)?));
    }
    if let Some(complex) = object.downcast_ref::<PyComplex>() {
        let value = complex.to_complex();
        return Ok(Value::Complex(Complex {
            re: value.re,
            im: value.im,
        }));
    }
    if let Some(handle) = handle_of(object) {
        return Ok(Value::Handle(handle));
    }
    match temporal::from_python(vm, object) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => {
            let name = object.class().name().to_string();
            fail(format!(
                "expected data that can cross, found {name}; send its fields instead"
            ))
        }
        Err(exception) => Err(exception.into()),
    }
}

fn int_value(int: &BigInt) -> Value {
    i64::try_from(int).map_or_else(|_| Value::BigInt(int.clone()), Value::Int)
}

fn sequence(vm: &VirtualMachine, items: &[PyObjectRef], depth: usize) -> Result<Vec<Value>, FromPythonError> {
    begin_items(vm, items.len())?;
    items
        .iter()
        .enumerate()
        .map(|(index, item)| convert(vm, item, depth + 1).map_err(|error| error.map(|error| error.at_index(index))))
        .collect()
}

fn members(vm: &VirtualMachine, items: &[PyObjectRef], depth: usize) -> Result<Vec<Value>, FromPythonError> {
    begin_items(vm, items.len())?;
    items
        .iter()
        .map(|item| convert(vm, item, depth + 1).map_err(|error| error.map(ConversionError::at_member)))
        .collect()
}

fn mapping(
    vm: &VirtualMachine,
    items: Vec<(PyObjectRef, PyObjectRef)>,
    depth: usize,
) -> Result<Value, FromPythonError> {
    begin_items(vm, 2 * items.len())?;
    let mut entries = Vec::with_capacity(items.len());
    for (key, value) in items {
        let key = convert(vm, &key, depth + 1).map_err(|error| error.map(ConversionError::at_keys))?;
        let value = convert(vm, &value, depth + 1).map_err(|error| error.map(|error| at_key(error, &key)))?;
        entries.push((key, value));
    }
    Ok(Value::Dict(entries))
}

fn fail<T>(message: impl Into<String>) -> Result<T, FromPythonError> {
    Err(FromPythonError::Conversion(ConversionError::new(message)))
}
