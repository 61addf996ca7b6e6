//! Parcels as Python objects, and what scripts can ask about what crosses.

use std::sync::Arc;

use rustpython_vm::{
    AsObject, FromArgs, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyCode, PyDictRef, PyFrozenSet, PyModule, PyTupleRef},
    class::PyClassImpl,
    class_or_notimplemented,
    common::hash::PyHash,
    function::PyComparisonValue,
    pyclass,
    types::{Comparable, Hashable, PyComparisonOp, Representable},
};

use crate::{
    bridge,
    parcel::{self, Parcel},
    value::Handle,
};

/// Adds them to the native module.
pub(crate) fn init(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    module.set_attr("Parcel", PyParcel::make_static_type(), vm)?;
    parcel::set_face(|vm, parcel| Ok(face(vm, parcel)));
    register_face();
    let pack = vm.new_function("pack", |object: PyObjectRef, vm: &VirtualMachine| {
        let parcel = parcel::pack(vm, &object, "obj")?;
        Ok::<_, PyRef<_>>(face(vm, Arc::new(parcel)))
    });
    module.set_attr("pack", pack, vm)?;
    let is_atomic = vm.new_function("is_atomic", |object: PyObjectRef, vm: &VirtualMachine| {
        parcel::is_atomic(vm, &object)
    });
    module.set_attr("is_atomic", is_atomic, vm)?;
    module.set_attr("code_effects", vm.new_function("code_effects", code_effects), vm)?;
    Ok(())
}

fn register_face() {
    bridge::register_face::<PyParcel>(|parcel| Handle::new(parcel.parcel.clone()));
}

fn face(vm: &VirtualMachine, parcel: Arc<Parcel>) -> PyObjectRef {
    // The script may not have imported the module that makes the class known on this thread.
    let _class = PyParcel::make_static_type();
    register_face();
    PyParcel { parcel }.into_pyobject(vm)
}

/// `function, args=(), kwargs=None`: a call for another interpreter.
#[derive(FromArgs)]
pub(super) struct CallArgs {
    #[pyarg(positional)]
    function: PyObjectRef,
    #[pyarg(any, optional)]
    args: Option<PyTupleRef>,
    #[pyarg(any, default)]
    kwargs: Option<PyDictRef>,
}

impl CallArgs {
    pub(super) fn pack(self, vm: &VirtualMachine) -> PyResult<Parcel> {
        let args = self
            .args
            .map_or_else(|| vm.ctx.empty_tuple.clone().into(), PyObjectRef::from);
        let kwargs = self.kwargs.map_or_else(|| vm.ctx.new_dict().into(), PyObjectRef::from);
        let call: PyObjectRef = vm.ctx.new_tuple(vec![self.function, args, kwargs]).into();
        parcel::pack(vm, &call, "call").map_err(|exception| in_words_of_the_caller(vm, exception))
    }
}

/// Names the parts of a call as its caller wrote them: `args[0]` and not `call[1][0]`.
fn in_words_of_the_caller(vm: &VirtualMachine, exception: PyBaseExceptionRef) -> PyBaseExceptionRef {
    let text = exception.as_object().str(vm);
    let parts = [("call[0]", "function"), ("call[1]", "args"), ("call[2]", "kwargs")];
    if exception.class().is(&bridge::exceptions(vm).not_shareable)
        && let Ok(text) = text
        && let Some((part, name)) = parts.iter().find(|(part, _)| text.as_wtf8().starts_with(*part))
    {
        let rest = text.to_string_lossy()[part.len()..].to_owned();
        let renamed = vm.ctx.new_str(format!("{name}{rest}"));
        let _ = exception
            .as_object()
            .set_attr("args", vm.ctx.new_tuple(vec![renamed.into()]), vm);
    }
    exception
}

/// What a code object, with the code nested in it, reads and stores outside itself.
fn code_effects(code: PyRef<PyCode>, vm: &VirtualMachine) -> PyResult {
    let effects = parcel::code_effects(vm, &code)?;
    let names = |names: Vec<PyObjectRef>| -> PyResult<PyObjectRef> {
        Ok(PyFrozenSet::from_iter(vm, names)?.into_ref(&vm.ctx).into())
    };
    let text = |name: String| -> PyObjectRef { vm.ctx.new_str(name).into() };
    let each = |all: std::collections::BTreeSet<String>| names(all.into_iter().map(text).collect());
    let pairs = effects.attribute_stores.into_iter();
    let pairs = pairs.map(|(holder, name)| vm.ctx.new_tuple(vec![text(holder), text(name)]).into());
    let parts = vec![
        each(effects.reads)?,
        each(effects.global_stores)?,
        each(effects.free_stores)?,
        names(pairs.collect())?,
    ];
    vm.import("_ungil_reduce", 0)?
        .get_attr("CodeEffects", vm)?
        .call(parts, vm)
}

/// A snapshot of an object and all that it refers to. It crosses to other interpreters by reference, and can be opened
/// in each, any number of times. Made by pack().
#[pyclass(module = "_ungil", name = "Parcel")]
#[derive(Debug, PyPayload)]
pub(crate) struct PyParcel {
    parcel: Arc<Parcel>,
}

impl PyParcel {
    /// The object that stands for a parcel.
    pub(super) fn make(vm: &VirtualMachine, parcel: Arc<Parcel>) -> PyObjectRef {
        face(vm, parcel)
    }
}

#[pyclass(flags(DISALLOW_INSTANTIATION), with(Comparable, Hashable, Representable))]
impl PyParcel {
    /// Makes the object anew, a copy of its own for each call.
    #[pymethod]
    fn open(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        parcel::open(vm, &zelf.parcel)
    }

    /// How many bytes of memory it takes, about.
    #[pygetset]
    fn size(zelf: &Py<Self>) -> usize {
        zelf.parcel.size()
    }

    #[pymethod]
    fn __reduce__(_zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        Err(vm.new_type_error("cannot pickle 'Parcel' objects; send them to another interpreter as they are"))
    }
}

impl Comparable for PyParcel {
    fn cmp(zelf: &Py<Self>, other: &PyObject, op: PyComparisonOp, _vm: &VirtualMachine) -> PyResult<PyComparisonValue> {
        op.eq_only(|| {
            let other = class_or_notimplemented!(Self, other);
            Ok(Arc::ptr_eq(&zelf.parcel, &other.parcel).into())
        })
    }
}

impl Hashable for PyParcel {
    fn hash(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<PyHash> {
        Ok(Arc::as_ptr(&zelf.parcel).addr() as PyHash)
    }
}

impl Representable for PyParcel {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        Ok(format!("<_ungil.Parcel of {} bytes>", zelf.parcel.size()))
    }
}
