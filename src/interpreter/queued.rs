//! A job on its way to an interpreter, and what runs it there.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use rustpython_vm::VirtualMachine;
use serde::de::DeserializeOwned;

use super::{
    job::{Job, Resubmit, Retry, Shared, Work},
    run,
    stats::Counters,
    task::Task,
};
use crate::{
    alloc, bridge,
    control::{Control, Limits, Raised, Reporter, StopReason, check_counted, resume_collector},
    error::{Error, LimitExceeded, Result},
    value::{Value, from_value_at},
};

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
    let job = Job::of(shared.clone());
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
    job.retry_with(Retry {
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
