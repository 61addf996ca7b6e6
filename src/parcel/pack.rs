//! Packing: the main loop, and the kinds that need no Python.

use std::collections::{HashSet, hash_map::Entry};

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{
        PyByteArray, PyBytes, PyCode, PyComplex, PyDict, PyFloat, PyFrozenSet, PyFunction, PyInt, PyList, PyModule,
        PyRange, PySet, PySlice, PyStr, PyTuple, PyType,
    },
};

use super::{
    Parcel,
    error::{Packing, Stop, not_shareable},
    fragment::Notes,
    frame::{Entries, EntriesKind, Frame, Label, Next, Step, path},
    globals::{instances_of, text},
    instance::Names,
    memo::{ByAddress, Memo},
    op::{Global, Op},
    ops::Ops,
    record::Shapes,
    reduce::Tools,
    world,
};
use crate::bridge;

/// An object is shared if more refer to it than its container and the packer itself.
pub(super) const UNSHARED: usize = 2;

pub(super) fn pack(vm: &VirtualMachine, object: &PyObject, root: &str) -> PyResult<Parcel> {
    let mut careful = false;
    loop {
        let mut packer = Packer::new(vm, careful);
        match packer.pack(object) {
            Ok(()) => return Ok(packer.finish()),
            Err(Stop::Restart) => careful = true,
            Err(Stop::Raised(exception)) => return Err(exception),
            Err(Stop::Refused { message, cause }) => {
                return Err(not_shareable(vm, &path(vm, root, &packer.frames), &message, cause));
            }
        }
    }
}

pub(super) struct Packer<'vm> {
    pub(super) vm: &'vm VirtualMachine,
    pub(super) ops: Ops,
    pub(super) memo: Memo,
    payload: usize,
    pub(super) frames: Vec<Frame>,
    /// Every object is remembered, not only those that others refer to.
    careful: bool,
    /// Something was not remembered.
    skipped: bool,
    pub(super) names: Names,
    /// Classes whose instances are known to be plain, or not.
    plain: ByAddress<bool>,
    pub(super) tools: Tools,
    /// By class: what of it its module has under a name.
    singletons: ByAddress<Vec<(PyObjectRef, Box<str>)>>,
    /// Objects that need others before they exist, and how often they are under way.
    pub(super) open: ByAddress<u8>,
    /// Names of globals that are in this parcel.
    pub(super) sent: HashSet<(u64, Box<str>)>,
    /// While a fragment is packed.
    pub(super) notes: Option<Notes>,
    /// The class that has this dict, of those in this parcel.
    pub(super) class_dicts: ByAddress<PyObjectRef>,
    pub(super) shapes: Shapes,
}

impl<'vm> Packer<'vm> {
    fn new(vm: &'vm VirtualMachine, careful: bool) -> Self {
        Self {
            vm,
            ops: Ops::default(),
            memo: Memo::default(),
            payload: 0,
            frames: Vec::new(),
            careful,
            skipped: false,
            names: Names::new(vm),
            plain: ByAddress::default(),
            tools: Tools::default(),
            singletons: ByAddress::default(),
            open: ByAddress::default(),
            sent: HashSet::new(),
            notes: None,
            class_dicts: ByAddress::default(),
            shapes: Shapes::default(),
        }
    }

    /// For something that other parcels will contain.
    pub(super) fn for_fragment(vm: &'vm VirtualMachine) -> Self {
        Self {
            notes: Some(Notes::default()),
            ..Self::new(vm, true)
        }
    }

    pub(super) fn finish(mut self) -> Parcel {
        self.ops.shrink();
        Parcel {
            size: self.ops.len() * size_of::<Op>() + self.payload + size_of::<Parcel>(),
            slots: self.memo.len(),
            ops: self.ops,
        }
    }

    pub(super) fn pack(&mut self, root: &PyObject) -> Packing {
        // Whatever its count says, whoever called this refers to it.
        self.visit(root, true)?;
        while let Some(frame) = self.frames.last_mut() {
            match frame.next() {
                Next::Visit(object) => {
                    let shared = object.strong_count() > UNSHARED;
                    self.visit(&object, shared)?;
                }
                Next::Again(object, shared) => self.visit(&object, shared)?,
                Next::Do(step) => self.step(step),
                Next::Done => {
                    if let Some(frame) = self.frames.pop() {
                        self.close(frame);
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn emit(&mut self, op: Op) {
        if let Some(notes) = &mut self.notes {
            notes.see(&op);
        }
        self.payload += op.payload();
        self.ops.push(op);
    }

    pub(super) fn keep(&mut self, object: &PyObject) {
        self.memo.insert(object);
        self.ops.push(Op::Keep);
    }

    /// From here on Python code runs that can lead anywhere.
    pub(super) fn careful(&mut self) -> Packing {
        if self.skipped {
            return Err(Stop::Restart);
        }
        self.careful = true;
        Ok(())
    }

    pub(super) fn plan(&mut self, steps: Vec<Step>) {
        self.frames.push(Frame::Plan {
            steps: steps.into_iter(),
            label: Label::Hidden,
        });
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Emit(op) => self.emit(op),
            Step::Define(object) => match self.memo.get(&object) {
                None => self.keep(&object),
                Some(slot) => {
                    self.emit(Op::Drop(1));
                    self.emit(Op::Load(slot));
                    self.leave(&object);
                    self.frames.pop();
                }
            },
            Step::Close(object) => self.leave(&object),
            Step::Tolerate(tolerant) => {
                if let Some(notes) = &mut self.notes {
                    notes.tolerant.push(tolerant);
                }
            }
            Step::Leave => {
                if let Some(notes) = &mut self.notes {
                    notes.tolerant.pop();
                }
            }
            Step::Visit(..) | Step::Again(..) => unreachable!("Frame::next gives objects to visit as such"),
        }
    }

    /// One that needs others before it exists is under way once more; false if it cannot come to an end.
    pub(super) fn enter(&mut self, object: &PyObject) -> bool {
        let times = self.open.entry(object.get_id()).or_insert(0);
        *times = times.saturating_add(1);
        *times <= 3
    }

    fn leave(&mut self, object: &PyObject) {
        if let Some(times) = self.open.get_mut(&object.get_id()) {
            *times = times.saturating_sub(1);
        }
    }

    /// Emits what is emitted after the content of a container.
    fn close(&mut self, frame: Frame) {
        match frame {
            Frame::List { at, made, .. } => {
                let count = at - 1;
                self.emit(if made { Op::Extend(count) } else { Op::List(count) });
            }
            Frame::Tuple { tuple, at, shared } => {
                let count = at - 1;
                match self.memo.get(tuple.as_object()).filter(|_| shared) {
                    // Its content led back to it, so that it was packed on the way.
                    Some(slot) => {
                        self.emit(Op::Drop(count));
                        self.emit(Op::Load(slot));
                    }
                    None => {
                        self.emit(Op::Tuple(count));
                        if shared {
                            self.keep(tuple.as_object());
                        }
                    }
                }
            }
            Frame::Dict(entries) => self.emit(match entries.kind {
                EntriesKind::Dict { made: true } => Op::Insert(entries.count),
                EntriesKind::Dict { made: false } => Op::Dict(entries.count),
                EntriesKind::Instance { made: true } => Op::Attributes(entries.count),
                EntriesKind::Instance { made: false } => Op::Instance(entries.count),
            }),
            Frame::Record { shape, count, .. } => self.emit(Op::Record { shape, count }),
            Frame::Plan { .. } => {}
        }
    }

    /// Packs an atom, or opens a container. `shared`: something else may refer to it, too.
    pub(super) fn visit(&mut self, object: &PyObject, shared: bool) -> Packing {
        match self.leaf(object, shared) {
            true => Ok(()),
            false => self.container(object, shared || self.careful),
        }
    }

    /// Packs an atom of a common kind; false if it is none.
    pub(super) fn leaf(&mut self, object: &PyObject, shared: bool) -> bool {
        let (class, types) = (object.class(), &self.vm.ctx.types);
        if class.is(types.str_type) {
            self.text(object, shared);
        } else if class.is(types.int_type) {
            let int = cast::<PyInt>(object).as_bigint();
            let op = i64::try_from(int).map_or_else(|_| Op::BigInt(Box::new(int.clone())), Op::Int);
            self.emit(op);
        } else if class.is(types.float_type) {
            self.ops.push(Op::Float(cast::<PyFloat>(object).to_f64()));
        } else if class.is(types.none_type) {
            self.ops.push(Op::None);
        } else if class.is(types.bool_type) {
            let is_true = object.is(&self.vm.ctx.true_value);
            self.ops.push(if is_true { Op::True } else { Op::False });
        } else {
            return false;
        }
        true
    }

    fn text(&mut self, object: &PyObject, shared: bool) {
        if shared && let Some(slot) = self.memo.get(object) {
            return self.ops.push(Op::Load(slot));
        }
        let text = cast::<PyStr>(object);
        self.emit(match text.to_str() {
            Some(text) if object.is_immortal() => Op::Name(text.into()),
            Some(text) => Op::Str(text.into()),
            None => Op::Surrogates(text.as_wtf8().into()),
        });
        if shared {
            self.keep(object);
        }
    }

    fn container(&mut self, object: &PyObject, shared: bool) -> Packing {
        if !shared {
            self.skipped = true;
        } else if let Some(slot) = self.memo.get(object) {
            self.ops.push(Op::Load(slot));
            return Ok(());
        }
        let (class, types) = (object.class(), &self.vm.ctx.types);
        if class.is(types.dict_type) {
            let dict = cast::<PyDict>(object);
            if !shared && self.record(dict)? {
                return Ok(());
            }
            self.open_entries(object, dict, Op::NewDict, EntriesKind::Dict { made: shared });
        } else if class.is(types.list_type) {
            if shared {
                self.emit(Op::NewList);
                self.keep(object);
            }
            self.frames.push(Frame::List {
                list: cast::<PyList>(object).to_owned(),
                at: 0,
                made: shared,
            });
        } else if class.is(types.tuple_type) {
            self.frames.push(Frame::Tuple {
                tuple: cast::<PyTuple>(object).to_owned(),
                at: 0,
                shared,
            });
        } else if class.is(types.bytes_type) {
            self.emit(Op::Bytes(cast::<PyBytes>(object).as_bytes().into()));
            if shared {
                self.keep(object);
            }
        } else {
            return self.rarer(object, shared);
        }
        Ok(())
    }

    /// Opens a dict, or an instance by its dict.
    fn open_entries(&mut self, object: &PyObject, dict: &Py<PyDict>, new: Op, kind: EntriesKind) {
        let made = matches!(
            kind,
            EntriesKind::Dict { made: true } | EntriesKind::Instance { made: true }
        );
        if made {
            self.emit(new);
            self.keep(object);
        }
        self.frames.push(Frame::Dict(Entries {
            dict: dict.to_owned(),
            position: 0,
            key: None,
            value: None,
            count: 0,
            kind,
        }));
    }

    fn rarer(&mut self, object: &PyObject, shared: bool) -> Packing {
        if self.is_plain(object) {
            return match self.singleton(object)? {
                Some(global) => {
                    self.atom(object, Op::Global(Box::new(global)));
                    Ok(())
                }
                None => self.instance(object, shared),
            };
        }
        let (class, types) = (object.class(), &self.vm.ctx.types);
        if class.is(types.set_type) {
            self.set(object, &cast::<PySet>(object).elements());
        } else if class.is(types.frozenset_type) {
            self.frozen_set(object, &cast::<PyFrozenSet>(object).elements());
        } else if class.is(types.bytearray_type) {
            self.atom(
                object,
                Op::ByteArray(cast::<PyByteArray>(object).borrow_buf()[..].into()),
            );
        } else if class.is(types.complex_type) {
            let value = cast::<PyComplex>(object).to_complex();
            self.emit(Op::Complex(Box::new(value)));
        } else if class.is(types.range_type) {
            let range = cast::<PyRange>(object);
            let ends = [&range.start, &range.stop, &range.step].map(|end| end.as_object().to_owned());
            self.assemble(object, ends, Op::Range);
        } else if class.is(types.slice_type) {
            let slice = cast::<PySlice>(object);
            let end = |end: &Option<PyObjectRef>| end.clone().unwrap_or_else(|| self.vm.ctx.none());
            let ends = [end(&slice.start), slice.stop.clone(), end(&slice.step)];
            self.assemble(object, ends, Op::Slice);
        } else if class.is(types.ellipsis_type) {
            self.ops.push(Op::Ellipsis);
        } else if class.is(types.not_implemented_type) {
            self.ops.push(Op::NotImplemented);
        } else if let Some(class) = object.downcast_ref::<PyType>() {
            return self.class(class);
        } else if class.is(types.function_type) {
            return self.function(cast::<PyFunction>(object));
        } else if class.is(types.bound_method_type) {
            return self.method(object);
        } else if class.is(types.code_type) {
            let image = world::code_image(self.vm, cast::<PyCode>(object))?;
            self.atom(object, Op::Code(image));
        } else if let Some(module) = object.downcast_ref::<PyModule>() {
            return self.module(module);
        } else if let Some(handle) = bridge::handle_of(object) {
            self.atom(object, Op::Handle(handle));
        } else if let Some(value) = bridge::temporal_of(self.vm, object)? {
            self.atom(object, Op::Temporal(Box::new(value)));
        } else {
            return self.reduced(object);
        }
        Ok(())
    }

    /// Emits what makes it at once. It is numbered in any case: that costs little beside what it is.
    pub(super) fn atom(&mut self, object: &PyObject, op: Op) {
        self.emit(op);
        self.keep(object);
    }

    fn is_plain(&mut self, object: &PyObject) -> bool {
        let id = object.class().get_id();
        if let Some(&plain) = self.plain.get(&id) {
            return plain;
        }
        // A class that is held by nothing but this object stays as long as the object is packed.
        let dispatch = self.tools.dispatch_table(self.vm);
        let plain = self.names.plain(self.vm, object, dispatch.as_deref());
        self.plain.insert(id, plain);
        plain
    }

    /// The name of an object without state that the module of its class has under a name: a sentinel, which is
    /// compared by identity.
    pub(super) fn singleton(&mut self, object: &PyObject) -> Packing<Option<Global>> {
        let class = object.class();
        let stateless = object.dict().is_none_or(|dict| dict.is_empty());
        // The marks of its fields have a name inside.
        if !stateless && text(self.vm, class.as_object(), "__module__")?.as_deref() != Some("dataclasses") {
            return Ok(None);
        }
        let known = match self.singletons.entry(class.get_id()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(vacant) => vacant.insert(instances_of(self.vm, class)?),
        };
        let Some((_, name)) = known.iter().find(|(known, _)| known.is(object)) else {
            return Ok(None);
        };
        let module = text(self.vm, class.as_object(), "__module__")?.unwrap_or_default();
        Ok(Some(Global {
            module: module.into(),
            name: name.clone(),
        }))
    }

    fn instance(&mut self, object: &PyObject, mut shared: bool) -> Packing {
        // A weak reference can lead back to it behind the counts.
        if !shared && object.weak_count().is_some_and(|count| count > 0) {
            shared = true;
        }
        let class = object.class().to_owned();
        let dict = match object.dict() {
            Some(dict) => dict,
            None => self.vm.ctx.new_dict(),
        };
        let kind = EntriesKind::Instance { made: shared };
        if let Some(slot) = self.memo.get(class.as_object()) {
            self.ops.push(Op::Load(slot));
            self.open_entries(object, &dict, Op::NewInstance, kind);
            return Ok(());
        }
        // The class comes first; what it has may lead to this very instance.
        self.plan(vec![
            Step::Visit(class.into(), Label::Attribute("__class__")),
            Step::Emit(Op::Drop(1)),
            Step::Again(object.to_owned(), shared),
        ]);
        Ok(())
    }

    fn set(&mut self, object: &PyObject, items: &[PyObjectRef]) {
        self.emit(Op::NewSet);
        self.keep(object);
        let visits = items.iter().map(|item| Step::Visit(item.clone(), Label::Member));
        let steps = visits.chain([Step::Emit(Op::Add(items.len()))]).collect();
        self.plan(steps);
    }

    fn frozen_set(&mut self, object: &PyObject, items: &[PyObjectRef]) {
        let visits = items.iter().map(|item| Step::Visit(item.clone(), Label::Member));
        let end = [Step::Emit(Op::FrozenSet(items.len())), Step::Define(object.to_owned())];
        self.plan(visits.chain(end).collect());
    }

    fn assemble<const N: usize>(&mut self, object: &PyObject, parts: [PyObjectRef; N], op: Op) {
        let visits = parts.into_iter().map(|part| Step::Visit(part, Label::Hidden));
        let end = [Step::Emit(op), Step::Define(object.to_owned())];
        self.plan(visits.chain(end).collect());
    }
}

/// The payload of an object whose class says what it is.
fn cast<T: rustpython_vm::PyPayload>(object: &PyObject) -> &Py<T> {
    object
        .downcast_ref::<T>()
        .expect("an instance of exactly this builtin class")
}
