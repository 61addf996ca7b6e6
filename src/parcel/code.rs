//! Code objects in a form that every thread can hold.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use rustpython_vm::{
    AsObject, Py, PyObject, PyRef, PyResult, VirtualMachine,
    builtins::{PyBytes, PyCode, PyComplex, PyEllipsis, PyFloat, PyFrozenSet, PyInt, PySlice, PyStr, PyTuple},
    bytecode::{CodeObject, CodeUnits, ConstantData},
};

use super::effects;

/// Code with the code nested in it, and what it says about itself.
pub(crate) struct CodeImage {
    /// Unique in the process.
    pub(super) id: u64,
    code: CodeObject,
    /// What it may look up among the globals, the code nested in it included.
    pub(super) globals: Box<[Box<str>]>,
}

impl CodeImage {
    pub(super) fn new(vm: &VirtualMachine, code: &Py<PyCode>) -> PyResult<Arc<Self>> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let plain = plain(vm, code)?;
        let mut names = BTreeSet::new();
        effects::global_names(&plain, &mut names);
        Ok(Arc::new(Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            globals: names.into_iter().map(Box::from).collect(),
            code: plain,
        }))
    }

    /// Whether something of that name, such as an attribute, occurs in it or in the code nested in it.
    pub(super) fn mentions(&self, name: &str) -> bool {
        effects::mentions(&self.code, name)
    }

    /// How many variables of enclosing functions it uses.
    pub(super) fn free_count(&self) -> usize {
        self.code.freevars.len()
    }

    pub(super) fn to_python(&self, vm: &VirtualMachine) -> PyRef<PyCode> {
        PyCode::new_ref_from_bytecode(vm, self.code.clone())
    }
}

/// The code as the compiler made it: what the VM wrote into the instructions while it ran them means nothing elsewhere,
/// and the pointers in their caches must not leave the thread.
pub(super) fn plain(vm: &VirtualMachine, code: &Py<PyCode>) -> PyResult<CodeObject> {
    let inner = &code.code;
    let instructions = CodeUnits::try_from(inner.instructions.original_bytes().as_slice())
        .map_err(|_| vm.new_runtime_error(format!("the bytecode of {} is damaged", inner.qualname.as_str())))?;
    let names = |names: &[&'static rustpython_vm::builtins::PyStrInterned]| {
        names.iter().map(|name| name.as_str().to_owned()).collect()
    };
    let constants = inner.constants.iter();
    let constants = constants
        .map(|constant| constant_data(vm, std::borrow::Borrow::<PyObject>::borrow(constant)))
        .collect::<PyResult<Vec<_>>>()?;
    Ok(CodeObject {
        instructions,
        locations: inner.locations.clone(),
        flags: inner.flags,
        posonlyarg_count: inner.posonlyarg_count,
        arg_count: inner.arg_count,
        kwonlyarg_count: inner.kwonlyarg_count,
        source_path: code.source_path().as_str().to_owned(),
        first_line_number: inner.first_line_number,
        max_stackdepth: inner.max_stackdepth,
        obj_name: inner.obj_name.as_str().to_owned(),
        qualname: inner.qualname.as_str().to_owned(),
        constants: constants.into_iter().collect(),
        names: names(&inner.names),
        varnames: names(&inner.varnames),
        cellvars: names(&inner.cellvars),
        freevars: names(&inner.freevars),
        localspluskinds: inner.localspluskinds.clone(),
        linetable: inner.linetable.clone(),
        exceptiontable: inner.exceptiontable.clone(),
    })
}

fn constant_data(vm: &VirtualMachine, object: &PyObject) -> PyResult<ConstantData> {
    let all = |items: &[rustpython_vm::PyObjectRef]| {
        let items = items.iter();
        items.map(|item| constant_data(vm, item)).collect::<PyResult<Vec<_>>>()
    };
    if vm.is_none(object) {
        return Ok(ConstantData::None);
    }
    if let Some(int) = object.downcast_ref::<PyInt>() {
        if object.class().is(vm.ctx.types.bool_type) {
            let value = object.is(&vm.ctx.true_value);
            return Ok(ConstantData::Boolean { value });
        }
        let value = int.as_bigint().clone();
        return Ok(ConstantData::Integer { value });
    }
    if let Some(float) = object.downcast_ref::<PyFloat>() {
        return Ok(ConstantData::Float { value: float.to_f64() });
    }
    if let Some(complex) = object.downcast_ref::<PyComplex>() {
        let value = complex.to_complex();
        return Ok(ConstantData::Complex { value });
    }
    if let Some(text) = object.downcast_ref::<PyStr>() {
        let value = text.as_wtf8().to_owned();
        return Ok(ConstantData::Str { value });
    }
    if let Some(bytes) = object.downcast_ref::<PyBytes>() {
        let value = bytes.as_bytes().to_vec();
        return Ok(ConstantData::Bytes { value });
    }
    if let Some(nested) = object.downcast_ref::<PyCode>() {
        let code = Box::new(plain(vm, nested)?);
        return Ok(ConstantData::Code { code });
    }
    if let Some(tuple) = object.downcast_ref::<PyTuple>() {
        let elements = all(tuple.as_slice())?;
        return Ok(ConstantData::Tuple { elements });
    }
    if let Some(set) = object.downcast_ref::<PyFrozenSet>() {
        let elements = all(&set.elements())?;
        return Ok(ConstantData::Frozenset { elements });
    }
    if let Some(slice) = object.downcast_ref::<PySlice>() {
        let end = |end: &Option<_>| end.clone().unwrap_or_else(|| vm.ctx.none());
        let ends = [end(&slice.start), slice.stop.clone(), end(&slice.step)];
        let [start, stop, step] = ends.map(|end| constant_data(vm, &end));
        let elements = Box::new([start?, stop?, step?]);
        return Ok(ConstantData::Slice { elements });
    }
    if object.downcast_ref::<PyEllipsis>().is_some() {
        return Ok(ConstantData::Ellipsis);
    }
    let class = object.class().name().to_string();
    Err(vm.new_type_error(format!(
        "a code object has a constant of type {class}, which no compiler makes"
    )))
}
