//! What the objects of an interpreter hold of things that are shared, so that it can be taken from them.
//!
//! An object may never be freed, because its interpreter is lost or was left as it is after a panic. What it holds must be
//! let go of all the same, or others wait for it for ever.

use std::{
    cell::RefCell,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;

use crate::control::Control;

thread_local! {
    static MINE: RefCell<Option<Arc<Registry>>> = const { RefCell::new(None) };
}

/// Of each interpreter that holds something, by its number.
static ALL: Mutex<Vec<(u64, Weak<Registry>)>> = Mutex::new(Vec::new());

/// What one interpreter's objects hold.
#[derive(Default)]
struct Registry {
    // As many entries as there are such objects, or twice that.
    held: Mutex<Vec<Weak<dyn Release>>>,
}

impl Registry {
    /// Of the interpreter on this thread.
    fn mine() -> Arc<Self> {
        MINE.with_borrow_mut(|mine| {
            mine.get_or_insert_with(|| {
                let registry = Arc::<Self>::default();
                let id = Control::current().map_or(0, |control| control.id());
                ALL.lock().push((id, Arc::downgrade(&registry)));
                registry
            })
            .clone()
        })
    }

    fn release(&self) {
        let held = std::mem::take(&mut *self.held.lock());
        for thing in held.iter().filter_map(Weak::upgrade) {
            thing.release();
        }
    }
}

trait Release: Send + Sync {
    fn release(&self);
}

impl<E: Send + Sync> Release for Mutex<Option<Arc<E>>> {
    fn release(&self) {
        let held = self.lock().take();
        drop(held);
    }
}

/// Something shared, as an object holds it until its interpreter ends or is lost.
#[derive(Debug)]
pub(super) struct Held<E>(Arc<Mutex<Option<Arc<E>>>>);

impl<E: Send + Sync + 'static> Held<E> {
    pub(super) fn new(shared: Arc<E>) -> Self {
        let held = Arc::new(Mutex::new(Some(shared)));
        let weak: Weak<Mutex<Option<Arc<E>>>> = Arc::downgrade(&held);
        let registry = Registry::mine();
        let mut all = registry.held.lock();
        if all.len() == all.capacity() {
            all.retain(|held| held.strong_count() > 0);
        }
        all.push(weak);
        Self(held)
    }

    /// `None` only in what still runs when the interpreter is ending, or lost.
    pub(super) fn with<R>(&self, closure: impl FnOnce(&Arc<E>) -> R) -> Option<R> {
        let shared = self.0.lock().clone();
        shared.as_ref().map(closure)
    }
}

/// Lets go of everything that objects of this thread's interpreter hold. To be called when it ends, in whatever way.
pub(super) fn release_mine() {
    let Some(mine) = MINE.take() else {
        return;
    };
    ALL.lock()
        .retain(|(_, registry)| registry.strong_count() > 0 && !std::ptr::eq(registry.as_ptr(), &raw const *mine));
    mine.release();
}

/// The same for the interpreter of that number, from any thread.
pub(super) fn revoke(interpreter: u64) {
    let registry = {
        let all = ALL.lock();
        all.iter()
            .find(|(id, _)| *id == interpreter)
            .and_then(|(_, registry)| registry.upgrade())
    };
    if let Some(registry) = registry {
        registry.release();
    }
}
