//! A piece of work on its way to an interpreter, and the handle to its result.

use std::{
    any::Any,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
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
use serde::de::DeserializeOwned;

use super::{run, stats::Counters, task::Task};
use crate::{
    alloc, bridge,
    control::{Control, JobId, Limits, Raised, Reporter, StopReason, check_counted, resume_collector, wait},
    error::{Error, LimitExceeded, Result},
    fence,
    value::{Value, from_value_at},
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
}

struct Shared<T> {
    id: JobId,
    cancelled: AtomicBool,
    /// Where the job is to run, or runs: set when that is known.
    place: Mutex<Option<Arc<Control>>>,
    state: Mutex<State<T>>,
    done: Condvar,
    /// How it runs again if its interpreter is lost.
    retry: Mutex<Option<Retry<T>>>,
}

/// What is run for a job, under a VM.
type Work<T> = Box<dyn FnOnce(&VirtualMachine) -> Result<T> + Send>;

/// A task that may run again elsewhere.
struct Retry<T> {
    left: u32,
    task: Task,
    work: fn(Task) -> Work<T>,
    submit: Resubmit,
}

/// Takes a job whose interpreter was lost to another one. May answer it instead.
pub(crate) type Resubmit = Arc<dyn Fn(QueuedJob) + Send + Sync>;

enum State<T> {
    Pending(Option<Waker>),
    Done(Result<T>),
    Taken,
}

impl<T> Shared<T> {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            id: JobId::next(),
            cancelled: AtomicBool::new(false),
            place: Mutex::new(None),
            state: Mutex::new(State::Pending(None)),
            done: Condvar::new(),
            retry: Mutex::new(None),
        })
    }

    fn complete(&self, result: Result<T>) {
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

    fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        let place = self.place.lock().clone();
        if let Some(control) = place {
            control.stop(self.id);
        }
    }
}

impl<T> Job<T> {
    /// Waits for the result. On an interpreter's thread (in a host function) the wait ends early with that
    /// interpreter's own stop or signal.
    ///
    /// # Errors
    /// Whatever ended the job without a result. [`Error::Reentrant`] if the job is for the interpreter of the calling
    /// thread, which could not run it while it waits.
    pub fn wait(self) -> Result<T> {
        self.check_reentrant()?;
        if Control::current().is_some() {
            return self.wait_in_python(None).expect("without a deadline");
        }
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
        Self { shared }
    }

    fn check_reentrant(&self) -> Result<()> {
        if self.is_finished() {
            return Ok(());
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

impl<T: Send + 'static> Shared<T> {
    /// Has the task run again after its interpreter was lost. False if it is not to.
    fn try_again(self: &Arc<Self>) -> bool {
        if self.cancelled.load(Ordering::SeqCst) {
            return false;
        }
        let (work, limits, submit) = {
            let mut retry = self.retry.lock();
            let Some(retry) = retry.as_mut().filter(|retry| retry.left > 0) else {
                return false;
            };
            retry.left -= 1;
            let task = retry.task.clone();
            ((retry.work)(task), retry.task.limits.clone(), retry.submit.clone())
        };
        let typed = Typed {
            shared: self.clone(),
            limits,
            work: Some(work),
        };
        submit(QueuedJob(Box::new(typed)));
        true
    }
}

impl<T: Send + 'static> Reporter for Shared<T> {
    fn lost(self: Arc<Self>, interpreter: &str, reason: Option<StopReason>) {
        if self.try_again() {
            return;
        }
        self.complete(Err(Error::Unresponsive {
            interpreter: interpreter.to_owned(),
            limit: match reason {
                Some(StopReason::Limit(hit)) => Some(hit.kind),
                _ => None,
            },
        }));
    }
}

/// How a job left its interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Succeeded,
    Failed,
    /// It came back after it was given up: others have been told that the interpreter is lost.
    Lost,
    /// Rust code in the VM panicked: its state may be anything.
    Panicked,
}

/// A job as it travels: typed inside, anonymous to queues. Dropped unrun, it answers that its interpreter is closed.
pub(crate) struct QueuedJob(Box<dyn Runnable>);

impl QueuedJob {
    /// Runs it on the interpreter of this thread.
    pub(super) fn run(mut self, vm: &VirtualMachine, control: &Arc<Control>, counters: &Counters) -> Outcome {
        self.0.run(vm, control, counters)
    }

    /// Answers with `error` instead of running.
    pub(crate) fn abandon(mut self, error: Error) {
        self.0.abandon(error);
    }

    /// Notes for which interpreter it is, so that waiting for it there is an error and not a deadlock.
    pub(super) fn destined_for(&self, control: &Arc<Control>) {
        self.0.destined_for(control);
    }

    /// Something that cancels it, also after it was taken from its queue.
    pub(crate) fn canceller(&self) -> Canceller {
        Canceller(self.0.canceller())
    }
}

/// Cancels one job, as [`Job::cancel`] does.
#[derive(Clone)]
pub(crate) struct Canceller(Arc<dyn Fn() + Send + Sync>);

impl Canceller {
    pub(crate) fn cancel(&self) {
        (self.0)();
    }
}

trait Runnable: Send {
    fn run(&mut self, vm: &VirtualMachine, control: &Arc<Control>, counters: &Counters) -> Outcome;
    fn abandon(&mut self, error: Error);
    fn destined_for(&self, control: &Arc<Control>);
    fn canceller(&self) -> Arc<dyn Fn() + Send + Sync>;
}

struct Typed<T, F> {
    shared: Arc<Shared<T>>,
    limits: Option<Arc<Limits>>,
    work: Option<F>,
}

impl<T, F> Runnable for Typed<T, F>
where
    T: Send + 'static,
    F: FnOnce(&VirtualMachine) -> Result<T> + Send + 'static,
{
    fn run(&mut self, vm: &VirtualMachine, control: &Arc<Control>, counters: &Counters) -> Outcome {
        let started = Instant::now();
        let Some(work) = self.work.take() else {
            return Outcome::Failed;
        };
        let shared = &self.shared;
        control.begin(shared.id, self.limits.as_deref(), Some(shared.clone()));
        *shared.place.lock() = Some(control.clone());
        // A cancel either came before and is seen here, or finds the place and stops the job there.
        if shared.cancelled.load(Ordering::SeqCst) {
            control.end();
            shared.complete(Err(Error::Cancelled));
            return Outcome::Failed;
        }
        let result = catch_unwind(AssertUnwindSafe(|| {
            let _terms = Terms::impose(vm, control)?;
            let _python = alloc::in_python(true);
            let result = work(vm);
            // What a script printed is out before its job is reported as done.
            super::streams::flush(vm);
            resume_collector(control, vm);
            result
        }));
        let stopped = control.end();
        let (result, outcome) = match result {
            Ok(Ok(value)) => (Ok(value), Outcome::Succeeded),
            Ok(Err(error)) => (Err(blame(error, stopped, control)), Outcome::Failed),
            Err(panic) => (
                Err(Error::Panicked {
                    interpreter: control.name().to_owned(),
                    message: panic_message(&*panic),
                }),
                Outcome::Panicked,
            ),
        };
        let outcome = match outcome {
            Outcome::Panicked => outcome,
            _ if control.is_lost() => Outcome::Lost,
            _ => outcome,
        };
        // Counted first: who has the answer finds it in the statistics.
        counters.ran(started.elapsed(), outcome == Outcome::Succeeded);
        match outcome {
            // Whoever waits was told when it was given up, or the task runs elsewhere by now.
            Outcome::Lost => {}
            Outcome::Panicked if shared.try_again() => {}
            _ => shared.complete(result),
        }
        outcome
    }

    fn abandon(&mut self, error: Error) {
        self.work = None;
        self.shared.complete(Err(error));
    }

    fn destined_for(&self, control: &Arc<Control>) {
        *self.shared.place.lock() = Some(control.clone());
    }

    fn canceller(&self) -> Arc<dyn Fn() + Send + Sync> {
        let shared = self.shared.clone();
        Arc::new(move || shared.cancel())
    }
}

impl<T, F> Drop for Typed<T, F> {
    fn drop(&mut self) {
        if self.work.is_some() {
            let place = self.shared.place.lock().clone();
            let interpreter = place.map_or_else(String::new, |control| control.name().to_owned());
            self.shared.complete(Err(Error::Closed { interpreter }));
        }
    }
}

/// Limits that hold while a job runs and are not the watchdog's to enforce.
struct Terms<'a> {
    vm: &'a VirtualMachine,
    recursion: Option<usize>,
}

impl<'a> Terms<'a> {
    fn impose(vm: &'a VirtualMachine, control: &Control) -> Result<Self> {
        let limits = control.limits();
        check_counted(&limits)?;
        if limits.output.is_some() && !super::streams::are_counted() {
            return Err(Error::config(
                "a task's output can only be limited where the interpreter's streams lead into this crate: give the builder \
                 a limit for output as well, or set both stdout and stderr",
            ));
        }
        bridge::limit_messages(limits.message_size);
        let recursion = limits
            .recursion
            .map(|depth| vm.recursion_limit.replace(depth.min(vm.recursion_limit.get())));
        Ok(Self { vm, recursion })
    }
}

impl Drop for Terms<'_> {
    fn drop(&mut self) {
        bridge::limit_messages(None);
        if let Some(depth) = self.recursion {
            self.vm.recursion_limit.set(depth);
        }
    }
}

/// What a job's error is if the job was stopped while it ran.
fn blame(error: Error, raised: Raised, control: &Control) -> Error {
    let is_of_limit = error
        .as_exception()
        .is_some_and(|exception| exception.is_instance("MemoryError") || exception.is_instance("LimitExceeded"));
    match raised.stop.or(raised.hit.filter(|_| is_of_limit)) {
        None => error,
        Some(StopReason::Cancelled) => Error::Cancelled,
        Some(StopReason::Limit(hit)) => {
            let exception = match error {
                Error::Exception(exception) => Some(exception),
                _ => None,
            };
            let limit = LimitExceeded::new(hit.kind, hit.allowed, control.name(), exception);
            Error::Limit(Box::new(limit))
        }
    }
}

pub(super) fn panic_message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

/// A job that runs `work` on an interpreter's thread.
pub(super) fn prepare_with<T, F>(work: F) -> (QueuedJob, Job<T>)
where
    T: Send + 'static,
    F: FnOnce(&VirtualMachine) -> Result<T> + Send + 'static,
{
    prepare_within(None, work)
}

/// As [`prepare_with`], with limits that go before those of the interpreter.
pub(crate) fn prepare_within<T, F>(limits: Option<Arc<Limits>>, work: F) -> (QueuedJob, Job<T>)
where
    T: Send + 'static,
    F: FnOnce(&VirtualMachine) -> Result<T> + Send + 'static,
{
    let shared = Shared::new();
    let job = Job { shared: shared.clone() };
    let typed = Typed {
        shared,
        limits,
        work: Some(work),
    };
    (QueuedJob(Box::new(typed)), job)
}

/// A job that runs `task` and converts its result.
pub(crate) fn prepare<T>(task: Task) -> (QueuedJob, Job<T>)
where
    T: DeserializeOwned + Send + 'static,
{
    prepare_within(task.limits.clone(), move |vm| {
        let value = run::run(vm, task)?;
        Ok(from_value_at("result", value)?)
    })
}

/// As [`prepare`], for a queue: if the task allows it, it runs again when its interpreter is lost.
pub(crate) fn prepare_retrying<T>(task: Task, submit: Resubmit) -> (QueuedJob, Job<T>)
where
    T: DeserializeOwned + Send + 'static,
{
    fn work<T: DeserializeOwned + Send + 'static>(task: Task) -> Work<T> {
        Box::new(move |vm| {
            let value = run::run(vm, task)?;
            Ok(from_value_at("result", value)?)
        })
    }
    if task.retries == 0 {
        return prepare(task);
    }
    let (queued, job) = prepare_within(task.limits.clone(), work(task.clone()));
    *job.shared.retry.lock() = Some(Retry {
        left: task.retries,
        task,
        work,
        submit,
    });
    (queued, job)
}

/// A job that calls a function with each of many items; an item that fails fails alone.
pub(crate) fn prepare_each(task: Task) -> (QueuedJob, Job<Vec<Result<Value>>>) {
    prepare_within(task.limits.clone(), move |vm| run::run_each(vm, task))
}
