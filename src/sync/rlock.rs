//! A lock that its holder may take again.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{
    holder::Holder,
    park::Park,
    permits::{Misuse, Permits},
};
use crate::control::{Listeners, Waitable};

/// Owned by an interpreter, which releases it as often as it took it.
#[derive(Debug)]
pub(crate) struct RLock {
    permits: Arc<Permits>,
    /// Used by the owner only.
    depth: AtomicUsize,
}

impl RLock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            permits: Permits::new(1, Some(1)),
            depth: AtomicUsize::new(0),
        })
    }

    pub(crate) fn permits(&self) -> &Permits {
        &self.permits
    }

    pub(crate) fn is_owned_by(&self, holder: &Arc<Holder>) -> bool {
        self.permits.held_by(holder) > 0
    }

    /// How often `holder` has taken it.
    pub(crate) fn depth(&self, holder: &Arc<Holder>) -> usize {
        if self.is_owned_by(holder) {
            self.depth.load(Ordering::Relaxed)
        } else {
            0
        }
    }

    /// How often its owner has taken it, whoever that is.
    pub(crate) fn any_depth(&self) -> usize {
        if self.permits.free() == 0 {
            self.depth.load(Ordering::Relaxed)
        } else {
            0
        }
    }

    fn again(&self, holder: &Arc<Holder>) -> bool {
        let owned = self.is_owned_by(holder);
        if owned {
            self.depth.fetch_add(1, Ordering::Relaxed);
        }
        owned
    }

    pub(crate) fn try_acquire(&self, holder: &Arc<Holder>) -> bool {
        if self.again(holder) {
            return true;
        }
        let taken = self.permits.try_acquire(holder);
        if taken {
            self.depth.store(1, Ordering::Relaxed);
        }
        taken
    }

    /// Takes it, waiting by `park`. False if the time for that was over.
    pub(crate) fn acquire<E>(&self, holder: &Arc<Holder>, park: Park<'_, E>) -> Result<bool, E> {
        if self.again(holder) {
            return Ok(true);
        }
        let taken = self.permits.acquire(holder, park)?;
        if taken {
            self.depth.store(1, Ordering::Relaxed);
        }
        Ok(taken)
    }

    /// Releases it once.
    pub(crate) fn release(&self, holder: &Arc<Holder>) -> Result<(), Misuse> {
        if !self.is_owned_by(holder) {
            return Err(Misuse::TooMany);
        }
        if self.depth.fetch_sub(1, Ordering::Relaxed) > 1 {
            return Ok(());
        }
        self.permits.release(holder, 1)
    }

    /// Releases it wholly, and tells how often it was taken.
    pub(crate) fn release_all(&self, holder: &Arc<Holder>) -> Result<usize, Misuse> {
        if !self.is_owned_by(holder) {
            return Err(Misuse::TooMany);
        }
        let depth = self.depth.swap(0, Ordering::Relaxed);
        self.permits.release(holder, 1)?;
        Ok(depth)
    }

    /// Makes it taken `depth` times, by its owner.
    pub(crate) fn set_depth(&self, depth: usize) {
        self.depth.store(depth, Ordering::Relaxed);
    }
}

impl Waitable for RLock {
    fn is_ready(&self) -> bool {
        self.permits.is_ready()
    }

    fn listeners(&self) -> &Listeners {
        self.permits.listeners()
    }
}
