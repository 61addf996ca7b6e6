//! What the interpreter of this thread remembers between parcels: who is who, here and elsewhere.
//!
//! A function or class that goes by value has a number that is unique in the process, given where it is first packed.
//! Whoever unpacks it remembers the number, so that the same one is made once, and one that comes home is found. The
//! tables are weak or bounded: what a script makes by the million and ships once is forgotten with it.

use std::{
    cell::RefCell,
    collections::{HashMap, VecDeque},
    mem::ManuallyDrop,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyCode, PyDict, PyDictRef, PyWeak},
};

use super::{class::ClassImage, code::CodeImage, function::FunctionImage, memo::ByAddress};

/// Code objects that are kept ready in either direction; more make the oldest go.
const KEPT_CODE: usize = 1024;
/// Functions and classes from elsewhere that stay when nothing here refers to them, so that what they hold persists.
const KEPT_ALIVE: usize = 512;
/// Dicts of globals that are remembered.
const KEPT_SPACES: usize = 256;

/// A number for something with an identity, unique in the process. 0 is never given.
pub(super) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[derive(Default)]
pub(super) struct World {
    pub(super) functions: Known<Arc<FunctionImage>>,
    pub(super) classes: Known<Arc<ClassImage>>,
    spaces: Spaces,
    code_out: ByAddress<(PyRef<PyCode>, Arc<CodeImage>)>,
    code_in: HashMap<u64, PyRef<PyCode>>,
    alive: VecDeque<PyObjectRef>,
    adopts_main: bool,
}

thread_local! {
    // Not dropped with the thread: after a panic in the VM nothing of it may run, not even its destructors.
    static WORLD: RefCell<ManuallyDrop<World>> = RefCell::default();
}

/// Uses the table. No Python may run inside.
pub(super) fn with<R>(closure: impl FnOnce(&mut World) -> R) -> R {
    WORLD.with_borrow_mut(|world| closure(world))
}

/// Forgets everything, while the interpreter is still there.
pub(super) fn forget() {
    let world = WORLD.take();
    drop(ManuallyDrop::into_inner(world));
}

/// Forgets everything without touching it: the interpreter is gone already.
pub(super) fn abandon() {
    let _ = WORLD.take();
}

/// Functions of the starter's `__main__` see this interpreter's own from now on.
pub(super) fn adopt_main() {
    with(|world| world.adopts_main = true);
}

/// Objects by number and by address; weak.
pub(super) struct Known<I> {
    by_id: HashMap<u64, Entry<I>>,
    by_address: ByAddress<u64>,
    sweep_at: usize,
}

struct Entry<I> {
    weak: PyRef<PyWeak>,
    address: usize,
    /// Made here, not unpacked here.
    home: bool,
    image: I,
}

impl<I> Default for Known<I> {
    fn default() -> Self {
        Self {
            by_id: HashMap::new(),
            by_address: ByAddress::default(),
            sweep_at: 256,
        }
    }
}

impl<I: Clone> Known<I> {
    /// What was said about it when it was first met.
    pub(super) fn find(&self, object: &PyObject) -> Option<I> {
        let entry = self.by_id.get(self.by_address.get(&object.get_id())?)?;
        // Another object may live at the address of a dead one.
        let same = entry.weak.upgrade().is_some_and(|alive| alive.is(object));
        same.then(|| entry.image.clone())
    }

    /// The object of that number, and whether it is from here.
    pub(super) fn get(&self, id: u64) -> Option<(PyObjectRef, bool)> {
        let entry = self.by_id.get(&id)?;
        Some((entry.weak.upgrade()?, entry.home))
    }

    pub(super) fn insert(&mut self, weak: PyRef<PyWeak>, object: &PyObject, id: u64, home: bool, image: I) {
        if self.by_id.len() >= self.sweep_at {
            let by_address = &mut self.by_address;
            self.by_id.retain(|id, entry| {
                let alive = entry.weak.upgrade().is_some();
                if !alive && by_address.get(&entry.address) == Some(id) {
                    by_address.remove(&entry.address);
                }
                alive
            });
            self.sweep_at = (2 * self.by_id.len()).max(256);
        }
        let address = object.get_id();
        self.by_address.insert(address, id);
        let entry = Entry {
            weak,
            address,
            home,
            image,
        };
        self.by_id.insert(id, entry);
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }
}

/// Dicts of globals that shipped functions see.
#[derive(Default)]
struct Spaces {
    by_id: HashMap<u64, Space>,
    by_address: ByAddress<u64>,
    clock: u64,
}

struct Space {
    dict: PyDictRef,
    home: bool,
    names: HashMap<Box<str>, Sent>,
    used: u64,
}

/// What was last sent, or received, under a name.
struct Sent {
    version: u64,
    value: Last,
}

enum Last {
    Weak(PyRef<PyWeak>),
    Strong(PyObjectRef),
    /// It came from elsewhere, where the versions are counted.
    Received,
}

impl Last {
    fn is(&self, value: &PyObject) -> bool {
        match self {
            Self::Weak(weak) => weak.upgrade().is_some_and(|alive| alive.is(value)),
            Self::Strong(object) => object.is(value),
            Self::Received => false,
        }
    }
}

impl Spaces {
    /// Adds one, and gives back what had to make room for it.
    fn insert(&mut self, id: u64, dict: PyDictRef, home: bool) -> Option<Space> {
        self.clock += 1;
        let oldest = || self.by_id.iter().min_by_key(|(_, space)| space.used).map(|(id, _)| *id);
        let gone = match self.by_id.len() >= KEPT_SPACES {
            true => oldest().and_then(|id| self.by_id.remove(&id)),
            false => None,
        };
        if let Some(gone) = &gone {
            self.by_address.remove(&gone.dict.get_id());
        }
        // The first number stays the one that this dict is sent under.
        self.by_address.entry(dict.get_id()).or_insert(id);
        let space = Space {
            dict,
            home,
            names: HashMap::new(),
            used: self.clock,
        };
        self.by_id.insert(id, space);
        gone
    }

    fn touch(&mut self, id: u64) -> Option<&mut Space> {
        self.clock += 1;
        let clock = self.clock;
        let space = self.by_id.get_mut(&id)?;
        space.used = clock;
        Some(space)
    }
}

/// The number under which this dict of globals is sent.
pub(super) fn space_of(dict: &Py<PyDict>) -> u64 {
    let (id, _gone) = with(|world| {
        let spaces = &mut world.spaces;
        if let Some(&id) = spaces.by_address.get(&dict.get_id()) {
            spaces.touch(id);
            return (id, None);
        }
        let id = next_id();
        (id, spaces.insert(id, dict.to_owned(), true))
    });
    id
}

/// The dict of that number; `make` makes it if it is not known, and says whether to call the starter's `__main__` ours.
pub(super) fn space_dict(id: u64, make: impl FnOnce(bool) -> PyResult<PyDictRef>) -> PyResult<PyDictRef> {
    let (known, adopts) = with(|world| {
        let known = world.spaces.touch(id).map(|space| space.dict.clone());
        (known, world.adopts_main)
    });
    if let Some(dict) = known {
        return Ok(dict);
    }
    let dict = make(adopts)?;
    let _gone = with(|world| world.spaces.insert(id, dict.clone(), false));
    Ok(dict)
}

/// The version of the value that a name of these globals has now.
pub(super) fn version_of(vm: &VirtualMachine, space: u64, name: &str, value: &PyObject) -> u64 {
    let last = with(|world| {
        let Some(space) = world.spaces.touch(space) else {
            return Some(0);
        };
        match space.names.get(name) {
            Some(sent) if !space.home || sent.value.is(value) => Some(sent.version),
            None if !space.home => Some(0),
            _ => None,
        }
    });
    if let Some(version) = last {
        return version;
    }
    // Held weakly where that is possible: what was sent must not stay alive for that.
    let value = match value.downgrade(None, vm) {
        Ok(weak) => Last::Weak(weak),
        Err(_) => Last::Strong(value.to_owned()),
    };
    let version = next_id();
    let sent = Sent { version, value };
    let _before = with(|world| world.spaces.touch(space)?.names.insert(name.into(), sent));
    version
}

/// The dict to store an arriving value of a name in, if it is to be stored; `defined` says whether the dict has the name.
pub(super) fn accept(id: u64, name: &str, version: u64, defined: impl FnOnce(&PyDictRef) -> bool) -> Option<PyDictRef> {
    let (dict, home, newer) = with(|world| {
        let space = world.spaces.touch(id)?;
        let known = space.names.get(name).map_or(0, |sent| sent.version);
        Some((space.dict.clone(), space.home, version > known))
    })?;
    // What its owner has is never overwritten by what comes back; what nobody counts only fills gaps.
    if home || version == 0 {
        return (!defined(&dict)).then_some(dict);
    }
    if !newer {
        return None;
    }
    let value = Last::Received;
    let _before = with(|world| {
        let names = &mut world.spaces.touch(id)?.names;
        names.insert(name.into(), Sent { version, value })
    });
    Some(dict)
}

/// The image of a code object, made once for each.
pub(super) fn code_image(vm: &VirtualMachine, code: &Py<PyCode>) -> PyResult<Arc<CodeImage>> {
    let address = code.get_id();
    if let Some(image) = with(|world| world.code_out.get(&address).map(|(_, image)| image.clone())) {
        return Ok(image);
    }
    let image = CodeImage::new(vm, code)?;
    let entry = (code.to_owned(), image.clone());
    let _gone = with(|world| {
        let full = world.code_out.len() >= KEPT_CODE;
        let gone = full.then(|| std::mem::take(&mut world.code_out));
        world.code_out.insert(address, entry);
        gone
    });
    Ok(image)
}

/// The code object of an image, made once for each.
pub(super) fn code_object(vm: &VirtualMachine, image: &CodeImage) -> PyRef<PyCode> {
    if let Some(code) = with(|world| world.code_in.get(&image.id).cloned()) {
        return code;
    }
    let code = image.to_python(vm);
    let _gone = with(|world| {
        let full = world.code_in.len() >= KEPT_CODE;
        let gone = full.then(|| std::mem::take(&mut world.code_in));
        world.code_in.insert(image.id, code.clone());
        gone
    });
    code
}

/// Keeps something that was made from a parcel alive for a while.
pub(super) fn keep_alive(object: PyObjectRef) {
    let _gone = with(|world| {
        world.alive.push_back(object);
        (world.alive.len() > KEPT_ALIVE).then(|| world.alive.pop_front())
    });
}

/// How many functions, classes and code objects are remembered; for tests.
pub(crate) fn remembered() -> (usize, usize, usize) {
    with(|world| {
        let code = world.code_out.len() + world.code_in.len();
        (world.functions.len(), world.classes.len(), code)
    })
}
