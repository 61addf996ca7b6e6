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

use super::{
    class::ClassImage,
    code::CodeImage,
    fragment::{Kept, Root},
    function::FunctionImage,
    memo::ByAddress,
    op::GlobalName,
};

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
    /// What it was like then: the function's version; 0 if nobody has looked yet.
    stamp: u32,
    /// What it was packed as, and its stamp then.
    kept: Kept,
    kept_stamp: u32,
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
    /// What was said about it when it was first met, unless it has changed since.
    pub(super) fn find(&mut self, object: &PyObject, stamp: u32) -> Option<I> {
        let entry = self.by_id.get_mut(self.by_address.get(&object.get_id())?)?;
        if entry.stamp == 0 {
            entry.stamp = stamp;
        }
        if entry.stamp != stamp {
            return None;
        }
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
            stamp: 0,
            kept: Kept::Nothing,
            kept_stamp: 0,
        };
        self.by_id.insert(id, entry);
    }
}

impl World {
    /// What is known about packing it once; if that is nothing, or it has changed, it is `first` from now on.
    pub(super) fn kept(&mut self, root: Root, stamp: u32, first: Kept) -> Kept {
        let Some((kept, kept_stamp)) = self.kept_place(root) else {
            return Kept::Nothing;
        };
        if *kept_stamp != stamp {
            (*kept, *kept_stamp) = (Kept::Nothing, stamp);
        }
        match kept {
            Kept::Nothing => std::mem::replace(kept, first),
            known => known.clone(),
        }
    }

    /// Remembers it for as long as the stamp stays.
    pub(super) fn keep(&mut self, root: Root, new: Kept) {
        if let Some((kept, _)) = self.kept_place(root) {
            *kept = new;
        }
    }

    fn kept_place(&mut self, root: Root) -> Option<(&mut Kept, &mut u32)> {
        match root {
            Root::Function(id) => {
                let entry = self.functions.by_id.get_mut(&id)?;
                Some((&mut entry.kept, &mut entry.kept_stamp))
            }
            Root::Class(id) => {
                let entry = self.classes.by_id.get_mut(&id)?;
                Some((&mut entry.kept, &mut entry.kept_stamp))
            }
        }
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

/// The dict of that number, if it is known.
pub(super) fn space(id: u64) -> Option<PyDictRef> {
    with(|world| Some(world.spaces.touch(id)?.dict.clone()))
}

/// True if this value of a global, or a later one, is here.
pub(super) fn has(name: &GlobalName) -> bool {
    with(|world| {
        let space = world.spaces.touch(name.globals);
        space.is_some_and(|space| {
            space.home
                || space
                    .names
                    .get(&name.name)
                    .is_some_and(|sent| sent.version >= name.version)
        })
    })
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
    let (dict, home, known) = with(|world| {
        let space = world.spaces.touch(id)?;
        let known = space.names.get(name).map(|sent| sent.version);
        Some((space.dict.clone(), space.home, known))
    })?;
    // What its owner has is never overwritten by what comes back; what nobody counts only fills gaps.
    if home || version == 0 {
        return (!defined(&dict)).then_some(dict);
    }
    if known.is_some_and(|known| version <= known) {
        return None;
    }
    // Code that ran here has stored it: an initializer set up what the calls after it use.
    let own = known.is_none() && defined(&dict);
    let value = Last::Received;
    let _before = with(|world| {
        let names = &mut world.spaces.touch(id)?.names;
        names.insert(name.into(), Sent { version, value })
    });
    (!own).then_some(dict)
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
