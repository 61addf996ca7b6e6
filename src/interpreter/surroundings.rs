//! What the interpreter on a thread was made from, for what it makes itself.

use std::{cell::RefCell, sync::Arc};

use super::{Blueprint, family::Identity, streams::Captured};

thread_local! {
    static HERE: RefCell<Option<Surroundings>> = const { RefCell::new(None) };
}

/// Blueprint, identity and sinks of the interpreter on this thread.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(super) blueprint: Arc<Blueprint>,
    pub(crate) identity: Arc<Identity>,
    pub(super) captured: Captured,
}

/// They hold until this is dropped.
pub(super) struct Here(());

impl Surroundings {
    pub(super) fn enter(blueprint: &Arc<Blueprint>, identity: &Arc<Identity>, captured: &Captured) -> Here {
        HERE.set(Some(Self {
            blueprint: blueprint.clone(),
            identity: identity.clone(),
            captured: captured.clone(),
        }));
        Here(())
    }

    /// Of the interpreter on this thread, if there is one.
    pub(crate) fn current() -> Option<Self> {
        HERE.with_borrow(Clone::clone)
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        HERE.set(None);
    }
}
