//! Functions and classes that are packed once and sent many times.
//!
//! What a function or class by value consists of is packed as a parcel of its own, which other parcels contain by
//! reference, and which receivers that have the function or class do not even read. That holds until it is changed, or
//! one of the globals that it refers to is; and it is not done at all for what refers to anything that could change
//! without anybody noticing, such as a list.

use std::sync::Arc;

use rustpython_vm::{AsObject, Py, PyObject, PyResult, VirtualMachine, builtins::PyType};

use super::{
    error::Packing,
    op::{GlobalName, Op},
    ops::Ops,
    pack::Packer,
    world,
};

/// A function or class by value, with all that it refers to.
pub(super) struct Fragment {
    pub(super) root: Root,
    pub(super) ops: Ops,
    pub(super) slots: usize,
    pub(super) size: usize,
    /// The globals in it.
    names: Vec<GlobalName>,
    /// Names that its code refers to and that were not among the globals.
    absent: Vec<(u64, Box<str>)>,
}

/// What a fragment makes.
#[derive(Clone, Copy)]
pub(super) enum Root {
    Function(u64),
    Class(u64),
}

/// What is known about packing something once.
#[derive(Clone, Default)]
pub(super) enum Kept {
    /// It was not packed before; most things are packed once.
    #[default]
    Nothing,
    /// It was packed, as a part of a parcel.
    Seen,
    /// It refers to what can change.
    Changing,
    Packed(Arc<Fragment>),
}

/// What a packer notes down while it packs a fragment.
#[derive(Default)]
pub(super) struct Notes {
    /// Something was packed that could change without anybody noticing.
    pub(super) changing: bool,
    pub(super) names: Vec<GlobalName>,
    pub(super) absent: Vec<(u64, Box<str>)>,
    /// Whether such things are passed over where the packer is: a class is the same for a receiver from its first
    /// arrival on, whatever its attributes refer to.
    pub(super) tolerant: Vec<bool>,
}

impl Notes {
    /// Takes notice of an instruction.
    pub(super) fn see(&mut self, op: &Op) {
        match op {
            Op::SetGlobal(name) => self.names.push((**name).clone()),
            _ if self.tolerant.last().is_some_and(|tolerant| *tolerant) => {}
            Op::ByteArray(_)
            | Op::List(_)
            | Op::Dict(_)
            | Op::Record { .. }
            | Op::NewList
            | Op::NewDict
            | Op::NewSet
            | Op::Instance(_)
            | Op::NewInstance
            | Op::New
            | Op::NewWith
            | Op::Call
            // A channel is over when nobody holds its end, and this would.
            | Op::Handle(_) => self.changing = true,
            _ => {}
        }
    }
}

impl Fragment {
    /// True if packing it again would give the same.
    fn is_current(&self, vm: &VirtualMachine) -> bool {
        let value = |space, name: &str| world::space(space)?.get_item_opt(name, vm).ok()?;
        let same = |name: &GlobalName| {
            value(name.globals, &name.name)
                .is_some_and(|value| world::version_of(vm, name.globals, &name.name, &value) == name.version)
        };
        self.names.iter().all(same) && self.absent.iter().all(|(space, name)| value(*space, name).is_none())
    }

    /// The object, if it is here already and sees all the globals as its sender does.
    pub(super) fn known(&self) -> Option<rustpython_vm::PyObjectRef> {
        let (object, home) = world::with(|world| match self.root {
            Root::Function(id) => world.functions.get(id),
            Root::Class(id) => world.classes.get(id),
        })?;
        let current = home || self.names.iter().all(world::has);
        current.then_some(object)
    }
}

impl Packer<'_> {
    /// The fragment for a function or class, if it is one to be packed once.
    pub(super) fn fragment(&mut self, object: &PyObject, root: Root, stamp: u32) -> PyResult<Option<Arc<Fragment>>> {
        // One inside another would have to be looked into to know whether it is current.
        if self.notes.is_some() || stamp == 0 {
            return Ok(None);
        }
        let kept = world::with(|world| world.kept(root, stamp, Kept::Seen));
        match kept {
            Kept::Nothing | Kept::Changing => return Ok(None),
            Kept::Packed(fragment) if fragment.is_current(self.vm) => return Ok(Some(fragment)),
            Kept::Packed(_) | Kept::Seen => {}
        }
        let mut packer = Packer::for_fragment(self.vm);
        let packed: Packing = packer.pack(object);
        // What cannot be packed is told by the packer that knows the way to it.
        let fragment = packed.ok().and_then(|()| packer.into_fragment(root));
        let kept = fragment.clone().map_or(Kept::Changing, Kept::Packed);
        world::with(|world| world.keep(root, kept));
        Ok(fragment)
    }

    fn into_fragment(mut self, root: Root) -> Option<Arc<Fragment>> {
        let notes = self.notes.take()?;
        if notes.changing {
            return None;
        }
        let parcel = self.finish();
        Some(Arc::new(Fragment {
            root,
            ops: parcel.ops,
            slots: parcel.slots,
            size: parcel.size,
            names: notes.names,
            absent: notes.absent,
        }))
    }
}

/// Changes when the class does; 0 if nobody can say.
pub(super) fn class_stamp(vm: &VirtualMachine, class: &Py<PyType>) -> u32 {
    // Looking something up gives it a version if it has none.
    let _ = class.get_attr(vm.ctx.intern_str("__module__"));
    debug_assert!(class.as_object().class().fast_issubclass(vm.ctx.types.type_type));
    class.tp_version_tag.load(std::sync::atomic::Ordering::Relaxed)
}
