//! Who holds what: an interpreter as the holder of locks.

use std::{
    cell::RefCell,
    collections::HashMap,
    fmt,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use parking_lot::Mutex;

use crate::control::Control;

/// What is released for a holder that is gone.
pub(super) trait Revocable: Send + Sync {
    /// Releases what `holder` holds of it, and forgets that it waits.
    fn revoke(&self, holder: &Holder);
}

/// One interpreter, as the holder of locks. Threads without an interpreter are one holder together.
pub(crate) struct Holder {
    id: u64,
    /// Knows of each lock too: what is left for the interpreter waits until it holds none.
    control: Option<Arc<Control>>,
    count: AtomicUsize,
    gone: AtomicBool,
    /// What it has ever held or waited for, as far as that still exists.
    touched: Mutex<Vec<Weak<dyn Revocable>>>,
}

/// Interpreters that have used a lock and are alive, by number.
static HOLDERS: Mutex<Option<HashMap<u64, Arc<Holder>>>> = Mutex::new(None);

thread_local! {
    static CURRENT: RefCell<Option<Arc<Holder>>> = const { RefCell::new(None) };
}

impl Holder {
    /// Of the interpreter that lives on this thread.
    pub(crate) fn current() -> Arc<Self> {
        if let Some(known) = CURRENT.with_borrow(Clone::clone) {
            return known;
        }
        let Some(control) = Control::current() else {
            return Self::enrol(0, None);
        };
        let holder = Self::enrol(control.id(), Some(control));
        CURRENT.set(Some(holder.clone()));
        holder
    }

    fn enrol(id: u64, control: Option<Arc<Control>>) -> Arc<Self> {
        let mut holders = HOLDERS.lock();
        let holder = holders
            .get_or_insert_default()
            .entry(id)
            .or_insert_with(|| Self::with_control(id, control));
        holder.clone()
    }

    #[cfg(test)]
    pub(super) fn new(id: u64) -> Arc<Self> {
        Self::with_control(id, None)
    }

    fn with_control(id: u64, control: Option<Arc<Control>>) -> Arc<Self> {
        Arc::new(Self {
            id,
            control,
            count: AtomicUsize::new(0),
            gone: AtomicBool::new(false),
            touched: Mutex::default(),
        })
    }

    /// The interpreter's number.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, count: usize) {
        self.count.fetch_add(count, Ordering::Relaxed);
        if let Some(control) = &self.control {
            control.locks_acquired(count);
        }
    }

    pub(super) fn subtract(&self, count: usize) {
        self.count.fetch_sub(count, Ordering::Relaxed);
        if let Some(control) = &self.control {
            control.locks_released(count);
        }
    }

    /// True once it has ended or was given up: nothing is granted to it any more.
    pub(super) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::SeqCst)
    }

    /// To be called before it first waits for or takes `object`.
    pub(super) fn touch(&self, object: Weak<dyn Revocable>) {
        let mut touched = self.touched.lock();
        if touched.len() == touched.capacity() {
            touched.retain(|object| object.strong_count() > 0);
            touched.sort_unstable_by_key(|object| object.as_ptr().cast::<()>().addr());
            touched.dedup_by(|a, b| Weak::ptr_eq(a, b));
        }
        touched.push(object);
    }

    pub(super) fn leave(&self) {
        self.gone.store(true, Ordering::SeqCst);
        let touched = std::mem::take(&mut *self.touched.lock());
        for object in touched.iter().filter_map(Weak::upgrade) {
            object.revoke(self);
        }
    }
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Holder").field(&self.id).finish()
    }
}

/// Releases what the interpreter on this thread holds. To be called on its thread when it ends.
pub(crate) fn retire_current() {
    if let Some(holder) = CURRENT.take() {
        forget(holder.id);
        holder.leave();
    }
}

/// Releases what that interpreter holds: it was given up for lost. Can be called from any thread.
pub(crate) fn revoke(interpreter: u64) {
    if let Some(holder) = forget(interpreter) {
        holder.leave();
    }
}

fn forget(id: u64) -> Option<Arc<Holder>> {
    HOLDERS.lock().as_mut().and_then(|holders| holders.remove(&id))
}
