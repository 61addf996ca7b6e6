//! The interpreters of a pool that were given up and have not ended.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::{alloc, interpreter::Interpreter};

/// Those that are lost now. As many as the pool bears, and those of them that never come back.
#[derive(Default)]
pub(super) struct Lost(Mutex<Vec<(usize, Interpreter)>>);

impl Lost {
    /// `tenure` is that of the interpreter, which was just given up.
    pub(super) fn add<T>(&self, tenure: &Arc<T>, interpreter: Interpreter) {
        self.0.lock().push((Arc::as_ptr(tenure).addr(), interpreter));
    }

    /// It has come back and ended.
    pub(super) fn remove<T>(&self, tenure: &Arc<T>) {
        let ended = {
            let mut lost = self.0.lock();
            let index = lost.iter().position(|(key, _)| *key == Arc::as_ptr(tenure).addr());
            index.map(|index| lost.swap_remove(index))
        };
        drop(ended);
    }

    /// Bytes that they hold, where that is counted.
    pub(super) fn memory(&self) -> Option<u64> {
        let lost = self.0.lock();
        let memory = lost.iter().filter_map(|(_, interpreter)| interpreter.stats().memory);
        alloc::is_installed().then(|| memory.sum())
    }
}
