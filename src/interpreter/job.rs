//! The handle to what becomes of a piece of work that was given to an interpreter.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

use crossbeam_channel::{Sender, bounded};
use parking_lot::{Condvar, Mutex};
use rustpython_vm::{VirtualMachine, vm::thread::with_current_vm};

use super::{queued::QueuedJob, task::Task};
use crate::{
    bridge,
    control::{Control, JobId, wait},
    error::{Error, Result},
    fence,
};

/// A job that was given to an interpreter: a handle to the result that it will have.
///
/// It is a [`Future`] for any async runtime, and has [`Job::wait`] for threads. Dropping it does not stop the job:
/// [`Job::cancel`] does.
///
/// ```
/// # use ungil::{Interpreter, Task};
/// let py = Interpreter::new()?;
/// let job = py.spawn::<u64>(Task::eval("sum(range(1000))"));
/// assert_eq!(job.wait()?, 499_500);
/// # Ok::<(), ungil::Error>(())
/// ```
#[must_use = "a job's errors are only seen by waiting for it"]
pub struct Job<T> {
    shared: Arc<Shared<T>>,
    guard: Option<Guard>,
}

/// Says on the thread that is about to wait whether it may.
pub(crate) type Guard = Arc<dyn Fn() -> Result<()> + Send + Sync>;

pub(super) struct Shared<T> {
    pub(super) id: JobId,
    pub(super) cancelled: AtomicBool,
    /// Where the job is to run, or runs: set when that is known.
    pub(super) place: Mutex<Option<Arc<Control>>>,
    state: Mutex<State<T>>,
    done: Condvar,
    /// How it runs again if its interpreter is lost.
    pub(super) retry: Mutex<Option<Retry<T>>>,
}

/// What is run for a job, under a VM.
pub(super) type Work<T> = Box<dyn FnOnce(&VirtualMachine) -> Result<T> + Send>;

/// A task that may run again elsewhere.
pub(super) struct Retry<T> {
    pub(super) left: u32,
    pub(super) task: Task,
    pub(super) work: fn(Task) -> Work<T>,
    pub(super) submit: Resubmit,
}

/// Takes a job whose interpreter was lost to another one. May answer it instead.
pub(crate) type Resubmit = Arc<dyn Fn(QueuedJob) + Send + Sync>;

enum State<T> {
    Pending(Option<Waker>),
    Done(Result<T>),
    Taken,
}

impl<T> Shared<T> {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            id: JobId::next(),
            cancelled: AtomicBool::new(false),
            place: Mutex::new(None),
            state: Mutex::new(State::Pending(None)),
            done: Condvar::new(),
            retry: Mutex::new(None),
        })
    }

    pub(super) fn complete(&self, result: Result<T>) {
        let waker = {
            let mut state = self.state.lock();
            match std::mem::replace(&mut *state, State::Done(result)) {
                State::Pending(waker) => waker,
                // The first answer counts.
                answered => {
                    *state = answered;
                    return;
                }
            }
        };
        self.done.notify_all();
        if let Some(waker) = waker {
            // A runtime of the host wakes itself through descriptors of its own.
            fence::later(move || waker.wake());
        }
    }

    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        let place = self.place.lock().clone();
        if let Some(control) = place {
            control.stop(self.id);
        }
    }
}

impl<T> Job<T> {
    pub(super) fn of(shared: Arc<Shared<T>>) -> Self {
        Self { shared, guard: None }
    }

    /// Has `guard` asked before a wait, while there is no result.
    pub(crate) fn guarded(self, guard: Guard) -> Self {
        Self {
            guard: Some(guard),
            ..self
        }
    }

    /// Has it run again if its interpreter is lost.
    pub(super) fn retry_with(&self, retry: Retry<T>) {
        *self.shared.retry.lock() = Some(retry);
    }

    /// Waits for the result. On an interpreter's thread (in a host function) the wait ends early with that
    /// interpreter's own stop or signal.
    ///
    /// # Errors
    /// Whatever ended the job without a result. [`Error::Reentrant`] if the job is for the interpreter of the calling
    /// thread, which could not run it while it waits, or for the pool that this is one of.
    pub fn wait(self) -> Result<T> {
        self.check_reentrant()?;
        if Control::current().is_some() {
            return self.wait_in_python(None).expect("without a deadline");
        }
        let _seen = wait::look(|| self.is_finished().then_some(()));
        let mut state = self.shared.state.lock();
        while matches!(*state, State::Pending(_)) {
            self.shared.done.wait(&mut state);
        }
        take(&mut state)
    }

    /// Waits for the result, but no longer than `timeout`: `None` then, and the job goes on.
    ///
    /// ```
    /// # use ungil::{Interpreter, Task};
    /// # use std::time::Duration;
    /// let py = Interpreter::new()?;
    /// let mut job = py.spawn::<()>(Task::exec("while True: pass"));
    /// assert!(job.wait_timeout(Duration::from_millis(10)).is_none());
    /// job.cancel();
    /// assert!(matches!(job.wait(), Err(ungil::Error::Cancelled)));
    /// # Ok::<(), ungil::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Job::wait`]. After a result was returned once, [`Error::Config`].
    pub fn wait_timeout(&mut self, timeout: Duration) -> Option<Result<T>> {
        if let Err(error) = self.check_reentrant() {
            return Some(Err(error));
        }
        // A time-out too long to be a point in time is none at all.
        let deadline = Instant::now().checked_add(timeout);
        if Control::current().is_some() {
            return self.wait_in_python(deadline);
        }
        let mut state = self.shared.state.lock();
        while matches!(*state, State::Pending(_)) {
            match deadline {
                None => self.shared.done.wait(&mut state),
                Some(deadline) => {
                    if self.shared.done.wait_until(&mut state, deadline).timed_out()
                        && matches!(*state, State::Pending(_))
                    {
                        return None;
                    }
                }
            }
        }
        Some(take(&mut state))
    }

    /// True once the result is there.
    pub fn is_finished(&self) -> bool {
        !matches!(*self.shared.state.lock(), State::Pending(_))
    }

    /// Stops the job. One that has not started never will; in one that runs, `ungil.Cancelled` (a `BaseException`) is
    /// raised, after a moment's grace again at every bytecode, until the script has ended. Sleeps and waits end too.
    /// The result is then [`Error::Cancelled`], unless the script finished all the same.
    ///
    /// Returns at once, and does nothing to a finished job.
    pub fn cancel(&self) {
        self.shared.cancel();
    }

    pub(super) fn ready(result: Result<T>) -> Self {
        let shared = Shared::new();
        shared.complete(result);
        Self::of(shared)
    }

    fn check_reentrant(&self) -> Result<()> {
        if self.is_finished() {
            return Ok(());
        }
        if let Some(guard) = &self.guard {
            guard()?;
        }
        match &*self.shared.place.lock() {
            Some(control) if control.is_current() || fence::serves(control.id()) => Err(Error::Reentrant {
                interpreter: control.name().to_owned(),
            }),
            _ => Ok(()),
        }
    }

    fn wait_in_python(&self, deadline: Option<Instant>) -> Option<Result<T>> {
        struct Signal(Sender<()>);
        impl Wake for Signal {
            fn wake(self: Arc<Self>) {
                let _ = self.0.try_send(());
            }
        }
        let (signal, done) = bounded(1);
        {
            let mut state = self.shared.state.lock();
            if !matches!(*state, State::Pending(_)) {
                return Some(take(&mut state));
            }
            *state = State::Pending(Some(Arc::new(Signal(signal)).into()));
        }
        let interrupts = wait::interrupts();
        let waited = with_current_vm(|vm| {
            wait::receive(vm, deadline, &interrupts, &done)
                .map_err(|exception| bridge::exception_to_error(vm, exception))
        });
        match waited {
            Ok(None) if !self.is_finished() => None,
            Ok(_) => Some(take(&mut self.shared.state.lock())),
            Err(error) => Some(Err(error)),
        }
    }
}

fn take<T>(state: &mut State<T>) -> Result<T> {
    match std::mem::replace(state, State::Taken) {
        State::Done(result) => result,
        State::Pending(_) | State::Taken => Err(Error::config("the result of this job was already taken")),
    }
}

impl<T> Future for Job<T> {
    type Output = Result<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.shared.state.lock();
        match &mut *state {
            State::Pending(waker) => {
                match waker {
                    Some(known) => known.clone_from(context.waker()),
                    None => *waker = Some(context.waker().clone()),
                }
                Poll::Pending
            }
            _ => Poll::Ready(take(&mut state)),
        }
    }
}

impl<T> fmt::Debug for Job<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("id", &self.shared.id)
            .field("finished", &self.is_finished())
            .finish()
    }
}
