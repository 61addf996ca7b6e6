//! Locks and semaphores as things of their own.

use std::{ops::Deref, sync::Arc};

use super::Permits;
use crate::control::{Listeners, Waitable};

/// One permit: whoever has it holds the lock; anyone may release it.
#[derive(Debug)]
pub(crate) struct Lock(Arc<Permits>);

impl Lock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Permits::new(1, Some(1))))
    }
}

impl Deref for Lock {
    type Target = Permits;

    fn deref(&self) -> &Permits {
        &self.0
    }
}

/// A number of permits. With a maximum it is a lock for several, whose holders are known; without, it counts.
#[derive(Debug)]
pub(crate) struct Semaphore(Arc<Permits>);

impl Semaphore {
    pub(crate) fn new(value: usize, maximum: Option<usize>) -> Arc<Self> {
        Arc::new(Self(Permits::new(value, maximum)))
    }
}

impl Deref for Semaphore {
    type Target = Permits;

    fn deref(&self) -> &Permits {
        &self.0
    }
}

impl Waitable for Lock {
    fn is_ready(&self) -> bool {
        self.0.is_ready()
    }

    fn listeners(&self) -> &Listeners {
        self.0.listeners()
    }
}

impl Waitable for Semaphore {
    fn is_ready(&self) -> bool {
        self.0.is_ready()
    }

    fn listeners(&self) -> &Listeners {
        self.0.listeners()
    }
}
