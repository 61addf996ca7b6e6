//! Threads for interpreters, used again and again: the VM leaks a type context with each thread that ends.

use std::{io, sync::Arc};

use crossbeam_channel::{Sender, bounded};
use parking_lot::Mutex;

use super::blueprint::ProcessRole;
use crate::{
    control::{install_wake_signal, spawner},
    fence::{self, Fence},
};

/// What makes one thread as good as another.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct ThreadKind {
    pub(super) stack_size: usize,
    pub(super) role: ProcessRole,
    /// A fence is never taken off, so a fenced thread is good for interpreters with the same permissions only.
    pub(super) fence: Option<Arc<Fence>>,
    /// Interpreters of different tenants share no thread.
    pub(super) tenant: Option<Arc<str>>,
}

/// Whether a thread can take another interpreter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reuse {
    Yes,
    /// The VM panicked on it; nobody knows what is left on it.
    No,
}

/// Idle fenced threads that are kept: each is good for one set of permissions only, and there may be any number of those.
/// A host with that many plugins, each with permissions of its own, reloads them without a new thread.
const MOST_FENCED: usize = 64;

/// The whole life of one interpreter.
type Tenancy = Box<dyn FnOnce() -> Reuse + Send>;

struct IdleThread {
    kind: ThreadKind,
    work: Sender<Tenancy>,
}

/// As many as interpreters have been alive at once: threads that are not fenced are not ended.
static IDLE: Mutex<Vec<IdleThread>> = Mutex::new(Vec::new());

/// Runs `tenancy` on an idle thread of that kind, or on a new one.
pub(super) fn run(kind: ThreadKind, name: &str, tenancy: Tenancy) -> io::Result<()> {
    let tenancy = match take_idle(&kind) {
        Some(idle) => match idle.work.send(tenancy) {
            Ok(()) => return Ok(()),
            Err(unsent) => unsent.0,
        },
        None => tenancy,
    };
    let (fenced, outcome) = bounded(1);
    spawner::spawn(name, Some(kind.stack_size), move || serve(kind, tenancy, &fenced))?;
    outcome.recv().map_err(io::Error::other)?
}

fn take_idle(kind: &ThreadKind) -> Option<IdleThread> {
    let mut idle = IDLE.lock();
    let index = idle.iter().rposition(|thread| thread.kind == *kind)?;
    Some(idle.swap_remove(index))
}

/// Puts a thread among the idle ones.
fn rest(thread: IdleThread) {
    let mut idle = IDLE.lock();
    idle.push(thread);
    let is_fenced = |thread: &IdleThread| thread.kind.fence.is_some();
    if idle.iter().filter(|thread| is_fenced(thread)).count() > MOST_FENCED
        && let Some(oldest) = idle.iter().position(is_fenced)
    {
        // It ends when nobody can give it work any more.
        idle.remove(oldest);
    }
}

fn serve(kind: ThreadKind, first: Tenancy, fenced: &Sender<io::Result<()>>) {
    install_wake_signal();
    super::isolate::prepare_thread(kind.role);
    let outcome = kind.fence.as_ref().map_or(Ok(()), fence::enter);
    let failed = outcome.is_err();
    let _ = fenced.send(outcome);
    if failed {
        return;
    }
    let mut tenancy = first;
    while tenancy() == Reuse::Yes && fence::clear() {
        let (work, next) = bounded(1);
        rest(IdleThread {
            kind: kind.clone(),
            work,
        });
        match next.recv() {
            Ok(more) => tenancy = more,
            Err(_) => return,
        }
    }
}
