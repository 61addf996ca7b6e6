//! The host's side of a fenced thread: another, unfenced thread that runs the host's own code for it, and does what its
//! permissions allow but the kernel is told to refuse.

use std::{
    cell::{Cell, RefCell},
    io,
    ops::Deref,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

use crossbeam_channel::{Sender, bounded, unbounded};
use rustpython_vm::{PyResult, VirtualMachine};

use super::{
    kernel,
    policy::{Access, Fence},
};
#[cfg(unix)]
use super::{mate::Mate, programs};
use crate::control::{Control, spawner, wait};

type Work = Box<dyn FnOnce() + Send>;

/// What a fenced thread knows of its fence.
struct Inside {
    fence: Arc<Fence>,
    #[cfg(unix)]
    mate: Arc<Mate>,
    helper: Sender<Work>,
}

thread_local! {
    static INSIDE: RefCell<Option<Inside>> = const { RefCell::new(None) };
    /// On a helper: the number of the interpreter that waits for what it does.
    static SERVED: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Fences the calling thread for good.
pub(crate) fn enter(fence: &Arc<Fence>) -> io::Result<()> {
    let helper = start_helper()?;
    let kernel = fence.rules().kernel;
    if kernel {
        kernel::own_descriptors()?;
    }
    #[cfg(unix)]
    let mate = Mate::start()?;
    if kernel {
        #[cfg(unix)]
        mate.clear()?;
        kernel::fence_thread(fence)?;
    }
    // What is logged here would be written to descriptors that this thread does not have.
    std::mem::forget(tracing::dispatcher::set_default(&tracing::Dispatch::none()));
    INSIDE.set(Some(Inside {
        fence: fence.clone(),
        #[cfg(unix)]
        mate: Arc::new(mate),
        helper,
    }));
    Ok(())
}

/// Makes the thread ready for the next interpreter: nothing that the last one had open is there any more. False if it
/// cannot be used again.
pub(crate) fn clear() -> bool {
    #[cfg(unix)]
    programs::abandon();
    #[cfg(unix)]
    if has_own_table() {
        return mate().is_some_and(|mate| mate.clear().is_ok());
    }
    true
}

/// The fence of the calling thread.
pub(crate) fn current() -> Option<Arc<Fence>> {
    with_inside(|inside| inside.fence.clone())
}

/// Whether code of the host that works for the script of this thread may read that file.
pub(crate) fn may_read(path: &Path) -> bool {
    current().is_none_or(|fence| fence.allows_path(path, Access::Read, true))
}

/// Whether the calling thread is fenced.
pub(crate) fn is_inside() -> bool {
    with_inside(|_| ()).is_some()
}

/// Whether the calling thread does something for that interpreter, which waits for it.
pub(crate) fn serves(interpreter: u64) -> bool {
    SERVED.get() == Some(interpreter)
}

/// Whether the numbers of descriptors mean something else on the calling thread than on the host's side.
pub(super) fn has_own_table() -> bool {
    with_inside(|inside| inside.fence.rules().kernel) == Some(true)
}

#[cfg(unix)]
pub(super) fn mate() -> Option<Arc<Mate>> {
    with_inside(|inside| inside.mate.clone())
}

/// Runs `work` on the host's side and waits for it: here, if this thread is not fenced. The wait ends early with an
/// interrupt of the script; the work goes on then, and its result is dropped where it is done.
pub(crate) fn call<R: Send + 'static>(vm: &VirtualMachine, work: impl FnOnce() -> R + Send + 'static) -> PyResult<R> {
    let Some(helper) = with_inside(|inside| inside.helper.clone()) else {
        return Ok(work());
    };
    let (done, result) = bounded(1);
    let served = Control::current().map(|control| control.id());
    let work = Box::new(move || {
        SERVED.set(served);
        let outcome = work();
        SERVED.set(None);
        let _ = done.send(outcome);
    });
    if helper.send(work).is_err() {
        return Err(gone(vm));
    }
    let interrupts = wait::interrupts();
    match wait::receive(vm, None, &interrupts, &result) {
        Ok(Some(Ok(outcome))) => Ok(outcome),
        Ok(_) => Err(gone(vm)),
        Err(interrupt) => {
            // The helper is busy with what nobody waits for any more.
            if let Ok(fresh) = start_helper() {
                INSIDE.with_borrow_mut(|inside| {
                    if let Some(inside) = inside {
                        inside.helper = fresh;
                    }
                });
            }
            Err(interrupt)
        }
    }
}

/// Has `work` run on the host's side, some time after this returns; here and now, if this thread is not fenced.
pub(crate) fn later(work: impl FnOnce() + Send + 'static) {
    match with_inside(|inside| inside.helper.clone()) {
        None => work(),
        Some(helper) => {
            let _ = helper.send(Box::new(work));
        }
    }
}

fn gone(vm: &VirtualMachine) -> rustpython_vm::builtins::PyBaseExceptionRef {
    vm.new_runtime_error("the host's side of the sandbox did not answer")
}

/// None after the thread's own end has begun, too.
fn with_inside<R>(look: impl FnOnce(&Inside) -> R) -> Option<R> {
    INSIDE
        .try_with(|inside| inside.borrow().as_ref().map(look))
        .ok()
        .flatten()
}

/// The thread ends when nobody can give it work any more.
fn start_helper() -> io::Result<Sender<Work>> {
    // Unbounded: what is not waited for is small (a wake-up, a value to drop), and a script must not block on it.
    let (helper, incoming) = unbounded::<Work>();
    spawner::spawn("ungil-host", None, move || {
        for work in incoming {
            // Whoever waits is told by the channel that is dropped.
            let _ = catch_unwind(AssertUnwindSafe(work));
            SERVED.set(None);
        }
    })?;
    Ok(helper)
}

/// A value of the host that is dropped on the host's side, wherever the last reference to it is let go: its destructor
/// may close descriptors, which on a fenced thread are numbers of another table.
pub(crate) struct HostOwned<T: Send + Sync + ?Sized + 'static>(Option<Arc<T>>);

impl<T: Send + Sync + ?Sized> HostOwned<T> {
    pub(crate) fn new(value: Arc<T>) -> Self {
        Self(Some(value))
    }

    pub(crate) fn get(&self) -> &Arc<T> {
        // Taken only by drop().
        match &self.0 {
            Some(value) => value,
            None => unreachable!("a value that was dropped"),
        }
    }
}

impl<T: Send + Sync + ?Sized> Clone for HostOwned<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Send + Sync + ?Sized> Deref for HostOwned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.get()
    }
}

impl<T: Send + Sync + ?Sized> Drop for HostOwned<T> {
    fn drop(&mut self) {
        if let Some(value) = self.0.take()
            && is_inside()
        {
            later(move || drop(value));
        }
    }
}
