//! A row of things that several interpreters put on and take off: what a shared queue keeps its items in.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;

use crate::value::Handle;

/// Handles in a row. Each method is one step; what belongs together its users do under a lock of theirs. Not bounded: the
/// queue that it is in counts.
#[derive(Debug, Default)]
pub(crate) struct Shelf(Mutex<VecDeque<Handle>>);

impl Shelf {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }

    /// Puts it in before the one at `index`, or at the end.
    pub(crate) fn insert(&self, index: usize, handle: Handle) {
        let mut row = self.0.lock();
        let index = index.min(row.len());
        row.insert(index, handle);
    }

    pub(crate) fn append(&self, handle: Handle) {
        self.0.lock().push_back(handle);
    }

    pub(crate) fn pop_first(&self) -> Option<Handle> {
        self.0.lock().pop_front()
    }

    pub(crate) fn pop_last(&self) -> Option<Handle> {
        self.0.lock().pop_back()
    }

    pub(crate) fn get(&self, index: usize) -> Option<Handle> {
        self.0.lock().get(index).cloned()
    }

    pub(crate) fn clear(&self) {
        let row = std::mem::take(&mut *self.0.lock());
        // Outside the lock: what is dropped may be the last reference to anything.
        drop(row);
    }
}
