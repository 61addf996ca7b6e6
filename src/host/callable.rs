//! The Python objects that stand for host functions and methods.

use std::fmt;

use rustpython_vm::{
    AsObject, Context, Py, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyBoundMethod, PyStr, PyType},
    class::{PyClassImpl, StaticType},
    common::hash::PyHash,
    function::{FuncArgs, PyComparisonValue},
    pyclass,
    types::{Callable, Comparable, GetDescriptor, Hashable, PyComparisonOp, Representable},
};

use super::{HostFunction, object::HostObject, signature::Keyword};
use crate::bridge::register_face;

/// A host function, as a script has it in its hands.
#[pyclass(module = "ungil", name = "host_function")]
pub(super) struct HostFunctionObject {
    function: HostFunction,
}

/// A method of a host class: a descriptor, found through the class and called with an instance in front.
#[pyclass(module = "ungil", name = "host_method")]
pub(super) struct HostMethodObject {
    function: HostFunction,
}

/// The class of a thread's VM, made when it is first needed; instances are called without a detour over [`FuncArgs`].
macro_rules! lazy_class {
    ($class:ident, $vectorcall:path, $prepare:expr) => {
        impl PyPayload for $class {
            fn class(_: &Context) -> &'static Py<PyType> {
                match Self::static_cell().get() {
                    Some(class) => class,
                    None => {
                        $prepare();
                        let class = Self::make_static_type();
                        class.slots().vectorcall.store(Some($vectorcall));
                        Self::static_type()
                    }
                }
            }
        }

        impl fmt::Debug for $class {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.function.fmt(f)
            }
        }
    };
}

lazy_class!(HostFunctionObject, call_function, || register_face::<Self>(|object| {
    object.function.handle()
}));
lazy_class!(HostMethodObject, call_method, || ());

impl HostFunctionObject {
    pub(super) fn make(vm: &VirtualMachine, function: HostFunction) -> PyObjectRef {
        Self { function }.into_ref(&vm.ctx).into()
    }
}

impl HostMethodObject {
    pub(super) fn make(vm: &VirtualMachine, function: HostFunction) -> PyObjectRef {
        Self { function }.into_ref(&vm.ctx).into()
    }
}

fn call_function(
    callable: &PyObject,
    args: Vec<PyObjectRef>,
    count: usize,
    names: Option<&[PyObjectRef]>,
    vm: &VirtualMachine,
) -> PyResult {
    let zelf: &Py<HostFunctionObject> = callable.try_to_value(vm)?;
    match names {
        None => zelf.function.call(vm, None, &args[..count], &[]),
        Some(names) => zelf
            .function
            .call(vm, None, &args[..count], &keywords(names, &args[count..])),
    }
}

fn call_method(
    callable: &PyObject,
    args: Vec<PyObjectRef>,
    count: usize,
    names: Option<&[PyObjectRef]>,
    vm: &VirtualMachine,
) -> PyResult {
    let zelf: &Py<HostMethodObject> = callable.try_to_value(vm)?;
    let Some((this, rest)) = args[..count].split_first() else {
        return Err(zelf.unbound(vm));
    };
    let receiver = HostObject::instance_of(vm, this, &zelf.function)?;
    match names {
        None => zelf.function.call(vm, Some(receiver), rest, &[]),
        Some(names) => zelf
            .function
            .call(vm, Some(receiver), rest, &keywords(names, &args[count..])),
    }
}

/// As `inspect` reads it from Python's own builtin functions, which it knows by their type.
fn signature(vm: &VirtualMachine, object: &PyObject, function: &HostFunction) -> PyResult {
    let inspect = vm.import("inspect", 0)?;
    let class = inspect.get_attr("Signature", vm)?;
    let text = vm.ctx.new_str(function.text_signature());
    vm.call_method(&inspect, "_signature_fromstr", (class, object.to_owned(), text))
}

fn keywords<'a>(names: &'a [PyObjectRef], values: &'a [PyObjectRef]) -> Vec<Keyword<'a>> {
    names
        .iter()
        .zip(values)
        .map(|(name, value)| Keyword {
            name: name
                .downcast_ref::<PyStr>()
                .map(|name| name.to_string_lossy())
                .unwrap_or_default(),
            value,
        })
        .collect()
}

impl Callable for HostFunctionObject {
    type Args = FuncArgs;

    fn call(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        zelf.function.invoke(vm, args)
    }
}

impl Callable for HostMethodObject {
    type Args = FuncArgs;

    fn call(zelf: &Py<Self>, mut args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        let this = args.take_positional().ok_or_else(|| zelf.unbound(vm))?;
        let receiver = HostObject::instance_of(vm, &this, &zelf.function)?;
        zelf.function.invoke_with(vm, Some(receiver), args)
    }
}

impl GetDescriptor for HostMethodObject {
    fn descr_get(
        zelf: &PyObject,
        instance: Option<&PyObject>,
        _class: Option<&PyObject>,
        vm: &VirtualMachine,
    ) -> PyResult {
        Ok(match instance {
            Some(instance) if !vm.is_none(instance) => PyBoundMethod::new(instance.to_owned(), zelf.to_owned())
                .into_ref(&vm.ctx)
                .into(),
            _ => zelf.to_owned(),
        })
    }
}

impl HostMethodObject {
    fn unbound(&self, vm: &VirtualMachine) -> PyBaseExceptionRef {
        let name = self.function.qualified_name();
        vm.new_type_error(format!("unbound method {name}() needs an argument"))
    }
}

impl Representable for HostFunctionObject {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        Ok(format!("<host function {}>", zelf.function.qualified_name()))
    }
}

impl Representable for HostMethodObject {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        Ok(format!("<host method {}>", zelf.function.qualified_name()))
    }
}

// One function may have several objects in an interpreter, for instance after it came back through a channel.
impl Comparable for HostFunctionObject {
    fn cmp(zelf: &Py<Self>, other: &PyObject, op: PyComparisonOp, _vm: &VirtualMachine) -> PyResult<PyComparisonValue> {
        op.eq_only(|| {
            Ok(match other.downcast_ref::<Self>() {
                Some(other) => PyComparisonValue::Implemented(zelf.function.is(&other.function)),
                None => PyComparisonValue::NotImplemented,
            })
        })
    }
}

impl Hashable for HostFunctionObject {
    fn hash(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<PyHash> {
        Ok(zelf.function.address() as PyHash >> 4)
    }
}

#[pyclass(
    with(Callable, Comparable, Hashable, Representable),
    flags(DISALLOW_INSTANTIATION, IMMUTABLETYPE, HAS_WEAKREF)
)]
impl HostFunctionObject {
    #[pygetset]
    fn __name__(zelf: &Py<Self>) -> String {
        zelf.function.name().to_owned()
    }

    #[pygetset]
    fn __qualname__(zelf: &Py<Self>) -> String {
        zelf.function.qualified_name().to_owned()
    }

    #[pygetset]
    fn __module__(zelf: &Py<Self>) -> Option<String> {
        zelf.function.module().map(str::to_owned)
    }

    #[pygetset]
    fn __doc__(zelf: &Py<Self>) -> Option<String> {
        zelf.function.docs().map(str::to_owned)
    }

    #[pygetset]
    fn __text_signature__(zelf: &Py<Self>) -> String {
        zelf.function.text_signature()
    }

    #[pygetset]
    fn __signature__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        signature(vm, zelf.as_object(), &zelf.function)
    }

    /// By name, as Python's own functions are pickled.
    #[pymethod]
    fn __reduce__(zelf: &Py<Self>) -> String {
        zelf.function.qualified_name().to_owned()
    }
}

#[pyclass(
    with(Callable, GetDescriptor, Representable),
    flags(DISALLOW_INSTANTIATION, IMMUTABLETYPE, METHOD_DESCRIPTOR, HAS_WEAKREF)
)]
impl HostMethodObject {
    #[pygetset]
    fn __name__(zelf: &Py<Self>) -> String {
        zelf.function.name().to_owned()
    }

    #[pygetset]
    fn __qualname__(zelf: &Py<Self>) -> String {
        zelf.function.qualified_name().to_owned()
    }

    #[pygetset]
    fn __module__(zelf: &Py<Self>) -> Option<String> {
        zelf.function.module().map(str::to_owned)
    }

    #[pygetset]
    fn __doc__(zelf: &Py<Self>) -> Option<String> {
        zelf.function.docs().map(str::to_owned)
    }

    #[pygetset]
    fn __text_signature__(zelf: &Py<Self>) -> String {
        zelf.function.text_signature()
    }

    #[pygetset]
    fn __signature__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        signature(vm, zelf.as_object(), &zelf.function)
    }
}
