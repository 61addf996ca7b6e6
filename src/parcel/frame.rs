//! What is being packed at the moment: the explicit stack of the packer, and the path that it spells.

use rustpython_vm::{
    PyObject, PyObjectRef, PyRef, VirtualMachine,
    builtins::{PyDict, PyFloat, PyInt, PyList, PyStr, PyTuple},
};

use super::op::Op;

/// A container whose content is being packed.
pub(super) enum Frame {
    List {
        list: PyRef<PyList>,
        at: usize,
        /// It was made empty and numbered first, as it may contain itself.
        made: bool,
    },
    Tuple {
        tuple: PyRef<PyTuple>,
        at: usize,
        shared: bool,
    },
    /// A dict, or the attributes of an instance.
    Dict(Entries),
    /// The rest of a record: a dict of which only the values are packed.
    Record {
        entries: std::vec::IntoIter<(PyObjectRef, PyObjectRef)>,
        /// Of the value that is being packed.
        key: Option<PyObjectRef>,
        shape: u32,
        count: u32,
    },
    /// Anything else, by a list of steps.
    Plan {
        steps: std::vec::IntoIter<Step>,
        label: Label,
    },
}

pub(super) struct Entries {
    pub(super) dict: PyRef<PyDict>,
    pub(super) position: usize,
    /// The key that was packed last, or is being packed.
    pub(super) key: Option<PyObjectRef>,
    /// Its value, while it is still to be packed.
    pub(super) value: Option<PyObjectRef>,
    pub(super) count: usize,
    pub(super) kind: EntriesKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum EntriesKind {
    Dict { made: bool },
    Instance { made: bool },
}

/// One step of a plan.
pub(super) enum Step {
    Emit(Op),
    Visit(PyObjectRef, Label),
    /// Numbers the object on top of the stack as this one, which needed other objects first: if the way to them led through it, it exists by now, and this
    /// one is dropped for it, with the rest of the plan.
    Define(PyObjectRef),
    /// What could change is passed over from here on, or not, until the next `Leave`.
    Tolerate(bool),
    Leave,
    /// It is no longer under way.
    Close(PyObjectRef),
    /// An object whose packing was put off until what it needs is there; `true` if something else may refer to it.
    Again(PyObjectRef, bool),
}

/// How to get from an object to a part of it.
#[derive(Clone)]
pub(super) enum Label {
    /// Not a part that a script could name.
    Hidden,
    /// What an instance is restored from: names in it are its attributes.
    State,
    Index(usize),
    Key(PyObjectRef),
    Member,
    Attribute(&'static str),
    Global(Box<str>),
    Variable(Box<str>),
    Class(Box<str>),
}

/// What comes next in a frame.
pub(super) enum Next {
    Visit(PyObjectRef),
    Again(PyObjectRef, bool),
    Do(Step),
    Done,
}

impl Frame {
    pub(super) fn next(&mut self) -> Next {
        match self {
            Self::List { list, at, .. } => {
                let item = list.borrow_vec().get(*at).cloned();
                *at += 1;
                item.map_or(Next::Done, Next::Visit)
            }
            Self::Tuple { tuple, at, .. } => {
                let item = tuple.as_slice().get(*at).cloned();
                *at += 1;
                item.map_or(Next::Done, Next::Visit)
            }
            Self::Dict(entries) => entries.next(),
            Self::Record { entries, key, .. } => match entries.next() {
                None => Next::Done,
                Some((name, value)) => {
                    *key = Some(name);
                    Next::Visit(value)
                }
            },
            Self::Plan { steps, label } => match steps.next() {
                None => Next::Done,
                Some(Step::Visit(object, next)) => {
                    *label = next;
                    Next::Visit(object)
                }
                Some(Step::Again(object, shared)) => {
                    *label = Label::Hidden;
                    Next::Again(object, shared)
                }
                Some(step) => Next::Do(step),
            },
        }
    }

    fn label(&self) -> Label {
        match self {
            Self::List { at, .. } | Self::Tuple { at, .. } => Label::Index(at.saturating_sub(1)),
            Self::Dict(entries) => entries.label(),
            Self::Record { key, .. } => key.clone().map_or(Label::Hidden, Label::Key),
            Self::Plan { label, .. } => label.clone(),
        }
    }
}

impl Entries {
    fn next(&mut self) -> Next {
        if let Some(value) = self.value.take() {
            return Next::Visit(value);
        }
        let Some((position, key, value)) = self.dict.next_entry(self.position) else {
            return Next::Done;
        };
        self.position = position;
        self.count += 1;
        self.key = Some(key.clone());
        self.value = Some(value);
        Next::Visit(key)
    }

    fn label(&self) -> Label {
        let Some(key) = &self.key else {
            return Label::Hidden;
        };
        match (&self.value, self.kind) {
            (Some(_), _) => Label::Attribute("keys()"),
            (None, EntriesKind::Dict { .. }) => Label::Key(key.clone()),
            (None, EntriesKind::Instance { .. }) => match key.downcast_ref::<PyStr>() {
                Some(name) => Label::Class(name.to_string_lossy().into()),
                None => Label::Key(key.clone()),
            },
        }
    }
}

/// At most this many parts of a path are shown, from either end.
const SHOWN: usize = 12;

/// The way from the root to where the packer is.
pub(super) fn path(vm: &VirtualMachine, root: &str, frames: &[Frame]) -> String {
    let mut in_state = false;
    let mut labels = Vec::new();
    for frame in frames {
        let label = match frame.label() {
            Label::State => {
                in_state = true;
                continue;
            }
            Label::Hidden => continue,
            // The pair that stands for a dict and slots.
            Label::Index(_) if in_state => continue,
            Label::Key(key) if in_state => match key.downcast_ref::<PyStr>() {
                Some(name) => Label::Class(name.to_string_lossy().into()),
                None => Label::Key(key),
            },
            other => other,
        };
        in_state = false;
        labels.push(label);
    }
    let mut path = root.to_owned();
    for (index, label) in labels.iter().enumerate() {
        if labels.len() > 2 * SHOWN && (SHOWN..labels.len() - SHOWN).contains(&index) {
            if index == SHOWN {
                path += " … ";
            }
            continue;
        }
        path += &segment(vm, label);
    }
    path
}

fn segment(vm: &VirtualMachine, label: &Label) -> String {
    match label {
        Label::Hidden | Label::State => String::new(),
        Label::Index(index) => format!("[{index}]"),
        Label::Key(key) => format!("[{}]", short(vm, key)),
        Label::Member => "{…}".to_owned(),
        Label::Attribute(name) => format!(".{name}"),
        Label::Class(name) => format!(".{name}"),
        Label::Global(name) => format!(".__globals__['{name}']"),
        Label::Variable(name) => format!(".__closure__['{name}']"),
    }
}

/// What a key looks like; only kinds whose repr runs no script.
fn short(vm: &VirtualMachine, key: &PyObject) -> String {
    let plain = key.downcast_ref_if_exact::<PyStr>(vm).is_some()
        || key.downcast_ref_if_exact::<PyInt>(vm).is_some()
        || key.downcast_ref_if_exact::<PyFloat>(vm).is_some();
    let text = match plain {
        true => key.repr(vm).map(|repr| repr.to_string_lossy().into_owned()).ok(),
        false => None,
    };
    match text {
        Some(text) if text.chars().count() > 60 => text.chars().take(59).chain(['…']).collect(),
        Some(text) => text,
        None => format!("<{}>", key.class().name()),
    }
}
