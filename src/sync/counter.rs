//! A number that several interpreters change at once.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Each change is one step for everybody. 64 bits; what would not fit fails and changes nothing.
#[derive(Debug)]
pub(crate) struct Counter(AtomicI64);

impl Counter {
    pub(crate) fn new(value: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(value)))
    }

    pub(crate) fn get(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Sets it and returns what it was.
    pub(crate) fn swap(&self, value: i64) -> i64 {
        self.0.swap(value, Ordering::SeqCst)
    }

    /// Changes it by `change` and returns what it was, or `None` if the result would not fit.
    pub(crate) fn update(&self, change: impl FnMut(i64) -> Option<i64>) -> Option<i64> {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, change).ok()
    }

    /// Sets it to `new` if it is `expected`; true if it was.
    pub(crate) fn compare_and_set(&self, expected: i64, new: i64) -> bool {
        let exchanged = self
            .0
            .compare_exchange(expected, new, Ordering::SeqCst, Ordering::SeqCst);
        exchanged.is_ok()
    }
}
