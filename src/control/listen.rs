//! Being told that something shared may be ready, without waiting for it.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicUsize, Ordering},
};

use parking_lot::Mutex;

/// Something that is told. It must be quick and must not block: it runs on the thread of whoever made the thing ready.
pub(crate) trait Listener: Send + Sync {
    fn notify(&self);
}

/// Something shared that can be ready: a channel with a message in it, an event that is set, a child that has ended.
pub(crate) trait Waitable {
    /// Whether it is ready now. Asked again after each notification: another may have been faster.
    fn is_ready(&self) -> bool;

    /// Who is told when it may have become ready.
    fn listeners(&self) -> &Listeners;
}

/// Who is to be told. Costs one load when there is nobody.
#[derive(Default)]
pub(crate) struct Listeners {
    /// As many entries as `all` has, so that `notify` need not lock.
    count: AtomicUsize,
    all: Mutex<Vec<Weak<dyn Listener>>>,
}

impl Listeners {
    /// Tells `listener` from here on, until it is dropped. Look whether the thing is ready *after* this.
    pub(crate) fn add(&self, listener: &Arc<dyn Listener>) {
        let mut all = self.all.lock();
        all.retain(|known| known.strong_count() > 0);
        all.push(Arc::downgrade(listener));
        self.count.store(all.len(), Ordering::SeqCst);
    }

    /// Tells everyone. Call it after the change that may have made the thing ready.
    pub(crate) fn notify(&self) {
        // A listener adds itself and then looks; the change came first and then this load: one of the two sees the other.
        std::sync::atomic::fence(Ordering::SeqCst);
        if self.count.load(Ordering::SeqCst) == 0 {
            return;
        }
        let listeners: Vec<_> = {
            let mut all = self.all.lock();
            all.retain(|known| known.strong_count() > 0);
            self.count.store(all.len(), Ordering::SeqCst);
            all.iter().filter_map(Weak::upgrade).collect()
        };
        // Outside the lock: a listener may add another.
        for listener in listeners {
            listener.notify();
        }
    }
}

/// A listener that a wait can select on.
pub(crate) struct Bell(crossbeam_channel::Sender<()>);

impl Bell {
    /// The listener, and what becomes readable when it was told.
    pub(crate) fn pair() -> (Arc<dyn Listener>, crossbeam_channel::Receiver<()>) {
        let (ring, rung) = crossbeam_channel::bounded(1);
        (Arc::new(Self(ring)), rung)
    }
}

impl Listener for Bell {
    fn notify(&self) {
        // Full means that it was rung and not heard yet.
        let _ = self.0.try_send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_told_until_it_is_dropped() {
        let listeners = Listeners::default();
        listeners.notify();
        let (bell, rung) = Bell::pair();
        listeners.add(&bell);
        listeners.notify();
        listeners.notify();
        assert!(rung.try_recv().is_ok());
        assert!(
            rung.try_recv().is_err(),
            "notifications that nobody has heard yet are one"
        );
        drop(bell);
        listeners.notify();
        assert_eq!(listeners.count.load(Ordering::SeqCst), 0);
    }
}
