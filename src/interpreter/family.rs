//! Who an interpreter is: what a script sees as its process, and the others that the same script has started.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicU32, Ordering},
    },
};

use parking_lot::Mutex;

use super::{Child, Isolate, capacity};
use crate::parcel::Parcel;

/// What an interpreter was started as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// By the host, or as the command's own.
    Root,
    /// A process, to Python: it has a process id of its own.
    Process,
    /// A thread of another: it shows that one's process id.
    Thread,
    /// Part of a pool of workers, or a single task; as a thread.
    Task,
    /// One that Python made for itself and calls again and again.
    Isolate,
}

impl Kind {
    /// As Python code writes it.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "process" => Self::Process,
            "thread" => Self::Thread,
            "task" => Self::Task,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Process => "process",
            Self::Thread => "thread",
            Self::Task => "task",
            Self::Isolate => "isolate",
        }
    }
}

/// A process id as Python sees it; those of children are above every id that the system gives.
pub(crate) type Pid = u32;

/// An interpreter as its script sees itself.
pub(crate) struct Identity {
    pub(crate) kind: Kind,
    /// What `os.getpid()` gives.
    pub(crate) pid: Pid,
    /// What `os.getppid()` gives; `None` for that of the real process.
    pub(crate) parent_pid: Option<Pid>,
    pub(crate) family: Arc<Family>,
    /// The handle that its starter has.
    pub(crate) child: Option<Weak<Child>>,
}

impl Identity {
    /// Of an interpreter that the host made.
    pub(crate) fn root() -> Self {
        Self {
            kind: Kind::Root,
            pid: std::process::id(),
            parent_pid: None,
            family: Arc::default(),
            child: None,
        }
    }

    /// Of one that the interpreter `self` starts, with the id that its handle shows.
    pub(crate) fn descendant(&self, kind: Kind, pid: Pid, child: Option<Weak<Child>>) -> Self {
        let (pid, parent_pid) = match kind {
            Kind::Process => (pid, Some(self.pid)),
            _ => (self.pid, self.parent_pid),
        };
        Self {
            kind,
            pid,
            parent_pid,
            family: self.family.clone(),
            child,
        }
    }

    /// Whether the id is a child's and not the system's.
    pub(crate) fn has_virtual_pid(&self) -> bool {
        self.pid >= first_virtual_pid()
    }
}

/// All interpreters that descend from one that the host made. They know each other; those of another family they cannot
/// name.
#[derive(Default)]
pub(crate) struct Family {
    /// The number of the interpreter that the host made.
    root: OnceLock<u64>,
    children: Mutex<BTreeMap<Pid, Weak<Child>>>,
    isolates: Mutex<BTreeMap<u64, Weak<Isolate>>>,
    /// What was published, by name.
    // Bounded by what the family's scripts publish and do not withdraw.
    names: Mutex<HashMap<String, Arc<Parcel>>>,
}

impl Family {
    /// The number of the interpreter that the host made; `own` is the number of whoever asks first, which is that one.
    pub(crate) fn root(&self, own: u64) -> u64 {
        *self.root.get_or_init(|| own)
    }

    /// Makes something known by a name; false if another has it.
    pub(crate) fn publish(&self, name: String, object: Parcel) -> bool {
        match self.names.lock().entry(name) {
            Entry::Occupied(_) => false,
            Entry::Vacant(entry) => {
                entry.insert(Arc::new(object));
                true
            }
        }
    }

    /// What is known by that name.
    pub(crate) fn published(&self, name: &str) -> Option<Arc<Parcel>> {
        self.names.lock().get(name).cloned()
    }

    /// Makes it unknown again; false if it was not known.
    pub(crate) fn withdraw(&self, name: &str) -> bool {
        let withdrawn = self.names.lock().remove(name);
        withdrawn.is_some()
    }

    pub(super) fn add(&self, child: &Arc<Child>) {
        self.children.lock().insert(child.pid(), Arc::downgrade(child));
    }

    pub(super) fn remove(&self, pid: Pid) {
        self.children.lock().remove(&pid);
    }

    /// The child with that id, while it is alive.
    pub(crate) fn child(&self, pid: Pid) -> Option<Arc<Child>> {
        self.children.lock().get(&pid).and_then(Weak::upgrade)
    }

    /// All children that are alive.
    pub(crate) fn children(&self) -> Vec<Arc<Child>> {
        self.children.lock().values().filter_map(Weak::upgrade).collect()
    }

    pub(super) fn add_isolate(&self, isolate: &Arc<Isolate>) {
        self.isolates.lock().insert(isolate.id(), Arc::downgrade(isolate));
    }

    pub(super) fn remove_isolate(&self, id: u64) {
        self.isolates.lock().remove(&id);
    }

    /// All isolates that are open.
    pub(crate) fn isolates(&self) -> Vec<Arc<Isolate>> {
        self.isolates.lock().values().filter_map(Weak::upgrade).collect()
    }
}

/// The next id that no process of the system has.
pub(super) fn next_pid() -> Pid {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    first_virtual_pid() + NEXT.fetch_add(1, Ordering::Relaxed) % (i32::MAX as u32 - first_virtual_pid())
}

/// True for an id that only a child can have.
pub(crate) fn is_virtual(pid: i64) -> bool {
    pid >= i64::from(first_virtual_pid())
}

fn first_virtual_pid() -> Pid {
    static FIRST: OnceLock<Pid> = OnceLock::new();
    *FIRST.get_or_init(|| capacity::read_number("/proc/sys/kernel/pid_max").map_or(1 << 22, |max| max as u32) + 1)
}
