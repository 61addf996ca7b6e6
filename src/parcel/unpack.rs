//! Unpacking: the machine that the instructions are for.

use std::collections::HashSet;

use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::{PyBoundMethod, PyDict, PyFrozenSet, PyInt, PyList, PyRange, PySet, PySlice, PyStr, PyTuple, PyType},
    function::FuncArgs,
};

use super::{
    globals::lookup,
    op::{Global, Op},
    ops::Ops,
    world,
};
use crate::{alloc, bridge};

/// Runs the instructions and leaves them as they are.
pub(super) fn run_again(vm: &VirtualMachine, ops: &Ops, slots: usize) -> PyResult<PyObjectRef> {
    run(vm, ops.pieces().map(|piece| piece.iter().cloned()), ops.len(), slots)
}

/// Runs the `count` instructions in these pieces; what is left on the stack is the object.
pub(super) fn run<Piece: IntoIterator<Item = Op>>(
    vm: &VirtualMachine,
    pieces: impl Iterator<Item = Piece>,
    count: usize,
    slots: usize,
) -> PyResult<PyObjectRef> {
    // Everything that is made here is alive until the end: to look for garbage among it would be in vain.
    let _pause = (count >= MANY).then(|| Pause::new(vm));
    let mut machine = Machine {
        vm,
        stack: Vec::new(),
        memo: Vec::with_capacity(slots),
        known: HashSet::new(),
        own_cells: HashSet::new(),
        shapes: Vec::new(),
    };
    for piece in pieces {
        for op in piece {
            machine.execute(op)?;
        }
    }
    machine.pop()
}

/// From this many instructions on the collector is stopped meanwhile.
const MANY: usize = 1000;

/// Holds the collector off.
struct Pause<'vm> {
    vm: &'vm VirtualMachine,
    enabled: bool,
}

impl<'vm> Pause<'vm> {
    fn new(vm: &'vm VirtualMachine) -> Self {
        let enabled = vm.state.gc.is_enabled();
        vm.state.gc.disable();
        Self { vm, enabled }
    }
}

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        if self.enabled {
            self.vm.state.gc.enable();
        }
    }
}

pub(super) struct Machine<'vm> {
    pub(super) vm: &'vm VirtualMachine,
    pub(super) stack: Vec<PyObjectRef>,
    pub(super) memo: Vec<PyObjectRef>,
    /// Functions and classes that were here before: what the parcel says about them is passed over.
    pub(super) known: HashSet<usize>,
    /// Cells of functions that were made here, which keep what they hold.
    pub(super) own_cells: HashSet<usize>,
    /// The keys of records.
    pub(super) shapes: Vec<Vec<PyRef<PyStr>>>,
}

impl Machine<'_> {
    /// A parcel is only made by the packer, so this cannot happen; an exception is kinder than a panic in the VM.
    pub(super) fn damaged(&self) -> rustpython_vm::builtins::PyBaseExceptionRef {
        self.vm
            .new_system_error("a parcel does not add up; this is a defect of ungil")
    }

    pub(super) fn pop(&mut self) -> PyResult<PyObjectRef> {
        self.stack.pop().ok_or_else(|| self.damaged())
    }

    pub(super) fn top(&self) -> PyResult<PyObjectRef> {
        self.stack.last().cloned().ok_or_else(|| self.damaged())
    }

    pub(super) fn take(&mut self, count: usize) -> PyResult<Vec<PyObjectRef>> {
        let start = self.stack.len().checked_sub(count).ok_or_else(|| self.damaged())?;
        Ok(self.stack.split_off(start))
    }

    pub(super) fn cast<T: PyPayload>(&self, object: PyObjectRef) -> PyResult<PyRef<T>> {
        object.downcast().map_err(|_| self.damaged())
    }

    fn push(&mut self, object: impl Into<PyObjectRef>) {
        self.stack.push(object.into());
    }

    fn execute(&mut self, op: Op) -> PyResult<()> {
        let ctx = &self.vm.ctx;
        match op {
            Op::Int(value) => self.push(ctx.new_int(value)),
            Op::Load(slot) => {
                let object = self.memo.get(slot as usize).cloned().ok_or_else(|| self.damaged())?;
                self.push(object);
            }
            Op::Str(text) => {
                let text = text.into_string();
                alloc::adopt_text(&text);
                self.push(ctx.new_str(text))
            }
            Op::Keep => {
                let top = self.top()?;
                self.memo.push(top);
            }
            Op::Record { shape, .. } => self.record(shape)?,
            Op::Dict(count) => self.dict(count)?,
            Op::List(count) => {
                let items = self.take(count)?;
                self.push(ctx.new_list(items));
            }
            Op::Tuple(count) => {
                let items = self.take(count)?;
                self.push(ctx.new_tuple(items));
            }
            Op::None => self.push(ctx.none()),
            Op::True => self.push(ctx.new_bool(true)),
            Op::False => self.push(ctx.new_bool(false)),
            Op::Float(value) => self.push(ctx.new_float(value)),
            Op::Name(name) => match ctx.interned_str(&*name) {
                Some(name) => self.push(name.to_owned()),
                None => self.push(ctx.new_str(name)),
            },
            Op::Instance(count) => self.instance(count)?,
            other => return self.execute_rarer(other),
        }
        Ok(())
    }

    fn execute_rarer(&mut self, op: Op) -> PyResult<()> {
        let vm = self.vm;
        let ctx = &vm.ctx;
        match op {
            Op::Ellipsis => self.push(ctx.ellipsis.to_owned()),
            Op::NotImplemented => self.push(ctx.not_implemented()),
            Op::BigInt(value) => self.push(ctx.new_bigint(&value)),
            Op::Complex(value) => self.push(ctx.new_complex(*value)),
            Op::Surrogates(text) => self.push(ctx.new_str(text)),
            Op::Bytes(bytes) => {
                let bytes = bytes.into_vec();
                // The object takes the buffer as it is.
                alloc::adopt(&bytes);
                self.push(ctx.new_bytes(bytes))
            }
            Op::ByteArray(bytes) => self.push(ctx.new_bytearray(bytes.into_vec())),
            Op::Temporal(value) => self.push(bridge::to_python(vm, *value)?),
            Op::Handle(handle) => self.push(handle.materialize(vm)?),
            Op::Code(image) => self.push(world::code_object(vm, &image)),
            Op::Module(name) => self.push(import(vm, &name)?),
            Op::Global(global) => self.push(find(vm, &global)?),
            Op::Fragment(fragment) => {
                let object = match fragment.known() {
                    Some(known) => known,
                    None => run_again(vm, &fragment.ops, fragment.slots)?,
                };
                self.push(object);
            }
            Op::Drop(count) => drop(self.take(count)?),
            Op::Shape(count) => self.define_shape(count)?,
            Op::FrozenSet(count) => {
                let items = self.take(count)?;
                self.push(PyFrozenSet::from_iter(vm, items)?.into_ref(ctx));
            }
            Op::Range => {
                let [start, stop, step] = self.three()?;
                let range = PyRange {
                    start: self.cast::<PyInt>(start)?,
                    stop: self.cast::<PyInt>(stop)?,
                    step: self.cast::<PyInt>(step)?,
                };
                self.push(range.into_ref(ctx));
            }
            Op::Slice => {
                let [start, stop, step] = self.three()?;
                let slice = PySlice {
                    start: Some(start),
                    stop,
                    step: Some(step),
                };
                self.push(slice.into_ref(ctx));
            }
            Op::Method => {
                let instance = self.pop()?;
                let function = self.pop()?;
                self.push(PyBoundMethod::new(instance, function).into_ref(ctx));
            }
            Op::NewList => self.push(ctx.new_list(Vec::new())),
            Op::NewDict => self.push(ctx.new_dict()),
            Op::NewSet => self.push(PySet::default().into_ref(ctx)),
            Op::Extend(count) => {
                let mut items = self.take(count)?;
                let list = self.cast::<PyList>(self.top()?)?;
                list.borrow_vec_mut().append(&mut items);
            }
            Op::Insert(count) => {
                let entries = self.take(2 * count)?;
                let dict = self.cast::<PyDict>(self.top()?)?;
                insert(vm, &dict, entries)?;
            }
            Op::Add(count) => {
                let items = self.take(count)?;
                let set = self.pop()?;
                self.add(self.cast::<PySet>(set)?, items)?;
            }
            Op::NewInstance => {
                let class = self.pop()?;
                let instance = self.bare(class)?;
                self.push(instance);
            }
            Op::Attributes(count) => self.attributes(count)?,
            other => self.execute_protocol(other)?,
        }
        Ok(())
    }

    fn three(&mut self) -> PyResult<[PyObjectRef; 3]> {
        let parts = self.take(3)?;
        parts.try_into().map_err(|_| self.damaged())
    }

    fn dict(&mut self, count: usize) -> PyResult<()> {
        let dict = self.vm.ctx.new_dict();
        let start = self.stack.len().checked_sub(2 * count).ok_or_else(|| self.damaged())?;
        let mut entries = self.stack.drain(start..);
        while let (Some(key), Some(value)) = (entries.next(), entries.next()) {
            put(self.vm, &dict, &key, value)?;
        }
        drop(entries);
        self.push(dict);
        Ok(())
    }

    fn add(&mut self, set: PyRef<PySet>, items: Vec<PyObjectRef>) -> PyResult<()> {
        for item in items {
            set.add(item, self.vm)?;
        }
        self.push(set);
        Ok(())
    }

    fn instance(&mut self, count: usize) -> PyResult<()> {
        let entries = self.take(2 * count)?;
        let class = self.pop()?;
        let instance = self.bare(class)?;
        self.push(instance);
        self.stack.extend(entries);
        self.attributes(count)
    }

    /// `class.__new__(class)`.
    fn bare(&mut self, class: PyObjectRef) -> PyResult<PyObjectRef> {
        let class = self.cast::<PyType>(class)?;
        match class.slots.new.load() {
            Some(new) => new(class, FuncArgs::default(), self.vm),
            None => Err(self
                .vm
                .new_type_error(format!("cannot create {} instances", class.name()))),
        }
    }

    /// Gives the instance below the entries its attributes, or lets its class do it.
    fn attributes(&mut self, count: usize) -> PyResult<()> {
        let vm = self.vm;
        let entries = self.take(2 * count)?;
        let instance = self.top()?;
        if count == 0 {
            return Ok(());
        }
        let set_state = vm.ctx.intern_str("__setstate__");
        if instance.class().get_attr(set_state).is_some() {
            let state = vm.ctx.new_dict();
            insert(vm, &state, entries)?;
            vm.call_method(&instance, "__setstate__", (state,))?;
            return Ok(());
        }
        match instance.dict() {
            Some(dict) => insert(vm, &dict, entries),
            None => self.set_attributes(&instance, entries),
        }
    }

    fn set_attributes(&self, instance: &PyObjectRef, entries: Vec<PyObjectRef>) -> PyResult<()> {
        let mut entries = entries.into_iter();
        while let (Some(name), Some(value)) = (entries.next(), entries.next()) {
            let name = self.cast::<PyStr>(name)?;
            instance.set_attr(&*name, value, self.vm)?;
        }
        Ok(())
    }

    pub(super) fn tuple(&mut self) -> PyResult<PyRef<PyTuple>> {
        let tuple = self.pop()?;
        self.cast(tuple)
    }
}

fn insert(vm: &VirtualMachine, dict: &rustpython_vm::Py<PyDict>, entries: Vec<PyObjectRef>) -> PyResult<()> {
    let mut entries = entries.into_iter();
    while let (Some(key), Some(value)) = (entries.next(), entries.next()) {
        put(vm, dict, &key, value)?;
    }
    Ok(())
}

/// Sets an entry; a str as key is asked for its hash directly.
fn put(vm: &VirtualMachine, dict: &rustpython_vm::Py<PyDict>, key: &PyObject, value: PyObjectRef) -> PyResult<()> {
    match key.downcast_ref_if_exact::<PyStr>(vm) {
        Some(name) => dict.inner_setitem(name, value, vm),
        None => dict.inner_setitem(key, value, vm),
    }
}

/// The module of that name itself, also if it is inside a package.
pub(super) fn import(vm: &VirtualMachine, name: &str) -> PyResult<PyObjectRef> {
    let modules = vm.sys_module.get_attr("modules", vm)?;
    if let Some(modules) = modules.downcast_ref::<PyDict>()
        && let Some(module) = modules.get_item_opt(name, vm)?
        && !vm.is_none(&module)
    {
        return Ok(module);
    }
    vm.import(&*vm.ctx.new_str(name), 0)?;
    modules.get_item(name, vm)
}

fn find(vm: &VirtualMachine, global: &Global) -> PyResult<PyObjectRef> {
    let module = import(vm, &global.module)?;
    lookup(vm, &module, &global.name)?.ok_or_else(|| {
        let Global { module, name } = global;
        vm.new_attribute_error(format!(
            "the sender's module {module} has {name}, and the one here does not"
        ))
    })
}
