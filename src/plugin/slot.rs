//! One plugin of a host: the instance that answers for it now, and what is known of it whatever instance that is.

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::Sender;
use parking_lot::Mutex;

use super::{
    CallError, EventKind, PluginError, Stage,
    call::{Call, Record},
    discover::Location,
    events::Announcer,
    health::{Admission, Patient},
    instance::Instance,
    stats::Counters,
    supervise::Errand,
};
use crate::{
    Object, Value,
    control::Control,
    error::Error,
    fence::{self, pattern_covers},
    interpreter::{QueuedJob, prepare_within},
};

/// A plugin that a host knows by name.
pub(super) struct Plugin {
    pub(super) name: Arc<str>,
    pub(super) location: Location,
    pub(super) patient: Patient,
    pub(super) counters: Counters,
    pub(super) events: Arc<Announcer>,
    pub(super) errands: Sender<Errand>,
    /// Held while a version of it is loaded: one at a time.
    pub(super) loading: Mutex<()>,
    /// Posting a job under this lock is what makes a switch atomic; nothing slow happens under it.
    seat: Mutex<Seat>,
    generations: AtomicU64,
    /// Messages of the bus that it has not taken yet.
    pub(super) messages: AtomicUsize,
    reviving: AtomicBool,
    removed: AtomicBool,
}

enum Seat {
    Running(Arc<Instance>),
    /// Its state moves to another instance. What is asked of it meanwhile waits, and goes to the one that stays.
    Switching(Arc<Instance>, Vec<Parked>),
    Empty,
}

/// A job whose instance is not decided yet.
struct Parked {
    target: Target,
    record: Arc<Record>,
    job: QueuedJob,
}

/// Which function of an instance is meant, whatever version it is.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// That of the hook, in the order of priority.
    Hook(Arc<str>, usize),
    /// That of the subscriptions that match the topic, in their order.
    Topic(Arc<str>, usize),
}

impl Target {
    fn find<'a>(&self, instance: &'a Instance) -> Option<&'a Object> {
        match self {
            Self::Hook(hook, nth) => instance.handlers(hook).get(*nth).map(|handler| &handler.function),
            Self::Topic(topic, nth) => {
                let mut matching = instance
                    .topics
                    .iter()
                    .filter(|(pattern, _)| pattern_covers(pattern, topic));
                matching.nth(*nth).map(|(_, function)| function)
            }
        }
    }
}

impl Plugin {
    pub(super) fn new(
        name: Arc<str>,
        location: Location,
        patient: Patient,
        events: Arc<Announcer>,
        errands: Sender<Errand>,
    ) -> Arc<Self> {
        Arc::new(Self {
            name,
            location,
            patient,
            counters: Counters::default(),
            events,
            errands,
            loading: Mutex::new(()),
            seat: Mutex::new(Seat::Empty),
            generations: AtomicU64::new(0),
            messages: AtomicUsize::new(0),
            reviving: AtomicBool::new(false),
            removed: AtomicBool::new(false),
        })
    }

    pub(super) fn next_generation(&self) -> u64 {
        self.generations.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The instance that answers now.
    pub(super) fn instance(&self) -> Option<Arc<Instance>> {
        match &*self.seat.lock() {
            Seat::Running(instance) | Seat::Switching(instance, _) => Some(instance.clone()),
            Seat::Empty => None,
        }
    }

    /// The priorities of its functions for a hook, highest first.
    pub(super) fn priorities(&self, hook: &str) -> Vec<i64> {
        let of = |instance: &Arc<Instance>| instance.handlers(hook).iter().map(|handler| handler.priority).collect();
        match &*self.seat.lock() {
            Seat::Running(instance) | Seat::Switching(instance, _) => of(instance),
            Seat::Empty => Vec::new(),
        }
    }

    /// How many of its subscriptions match the topic.
    pub(super) fn hears(&self, topic: &str) -> usize {
        let of = |instance: &Arc<Instance>| {
            let matching = instance
                .topics
                .iter()
                .filter(|(pattern, _)| pattern_covers(pattern, topic));
            matching.count()
        };
        match &*self.seat.lock() {
            Seat::Running(instance) | Seat::Switching(instance, _) => of(instance),
            Seat::Empty => 0,
        }
    }

    /// Gives it a call, for whose answer somebody waits so long.
    pub(super) fn call(
        self: &Arc<Self>,
        hook: &Arc<str>,
        nth: usize,
        args: Vec<Value>,
        patience: Duration,
    ) -> Result<Call, CallError> {
        let trial = match self.patient.admit() {
            Admission::Yes => false,
            Admission::Trial => true,
            Admission::No(remaining) => return Err(CallError::Quarantined { remaining }),
        };
        let posted = Instant::now();
        let target = Target::Hook(hook.clone(), nth);
        let record = Arc::new(Record::default());
        let own = record.clone();
        let outcome = self.post(target, record.clone(), patience, move |vm| {
            own.during(|function| function.call_here(vm, args))
        });
        match outcome {
            Ok((job, generation)) => {
                let call = Call::new(
                    self.clone(),
                    hook.clone(),
                    generation,
                    record,
                    job,
                    posted,
                    patience,
                    trial,
                );
                Ok(call)
            }
            Err(error) => {
                if trial {
                    self.patient.trial_over();
                }
                Err(error)
            }
        }
    }

    /// Has `work` run by the instance that there is, or by the one that there will be in a moment.
    pub(super) fn post<T, F>(
        self: &Arc<Self>,
        target: Target,
        record: Arc<Record>,
        patience: Duration,
        work: F,
    ) -> Result<(crate::Job<T>, u64), CallError>
    where
        T: Send + 'static,
        F: FnOnce(&rustpython_vm::VirtualMachine) -> Result<T, Error> + Send + 'static,
    {
        let mut seat = self.seat.lock();
        let instance = match &*seat {
            Seat::Running(instance) | Seat::Switching(instance, _) => instance.clone(),
            Seat::Empty => {
                drop(seat);
                self.ask_for_revival();
                return Err(CallError::Down);
            }
        };
        let control = instance.interpreter.control();
        if control.is_current() || fence::serves(control.id()) {
            return Err(CallError::Failed(Error::Reentrant {
                interpreter: control.name().to_owned(),
            }));
        }
        let (job, handle) = prepare_within(Some(Arc::new(instance.call_limits(patience))), work);
        let parked = Parked { target, record, job };
        match &mut *seat {
            Seat::Switching(_, waiting) => waiting.push(parked),
            _ => parked.go_to(&instance),
        }
        Ok((handle, instance.generation))
    }

    fn ask_for_revival(self: &Arc<Self>) {
        if !self.is_removed() && !self.reviving.swap(true, Ordering::SeqCst) {
            let _ = self.errands.send(Errand::Revive(self.clone()));
        }
    }

    pub(super) fn revival_ended(&self) {
        self.reviving.store(false, Ordering::SeqCst);
    }

    /// The instance that answers from now on; gives the one before.
    pub(super) fn seat(self: &Arc<Self>, instance: Arc<Instance>) -> Option<Arc<Instance>> {
        self.watch_over(&instance);
        match mem::replace(&mut *self.seat.lock(), Seat::Running(instance)) {
            Seat::Running(old) | Seat::Switching(old, _) => Some(old),
            Seat::Empty => None,
        }
    }

    /// Nobody answers from now on; gives the one before.
    pub(super) fn vacate(&self) -> Option<Arc<Instance>> {
        match mem::replace(&mut *self.seat.lock(), Seat::Empty) {
            Seat::Running(old) | Seat::Switching(old, _) => Some(old),
            Seat::Empty => None,
        }
    }

    /// From now on calls wait, for the end of the switch. What was asked before is before it in the instance's mailbox.
    pub(super) fn begin_switch(&self) {
        let mut seat = self.seat.lock();
        if let Seat::Running(instance) = &*seat {
            *seat = Seat::Switching(instance.clone(), Vec::new());
        }
    }

    /// Ends it in favour of `new`, or of the one that there was; gives the other one.
    pub(super) fn end_switch(self: &Arc<Self>, new: Option<Arc<Instance>>) -> Option<Arc<Instance>> {
        if let Some(new) = &new {
            self.watch_over(new);
        }
        let mut seat = self.seat.lock();
        let (old, waiting) = match mem::replace(&mut *seat, Seat::Empty) {
            Seat::Switching(old, waiting) => (old, waiting),
            // Removed meanwhile.
            other => {
                *seat = other;
                return new;
            }
        };
        let (stays, goes) = match new {
            Some(new) => (new, Some(old)),
            None => (old, None),
        };
        for parked in waiting {
            parked.go_to(&stays);
        }
        *seat = Seat::Running(stays);
        goes
    }

    /// Has the supervisor told when the instance's interpreter is lost.
    fn watch_over(self: &Arc<Self>, instance: &Instance) {
        let plugin = Arc::downgrade(self);
        let generation = instance.generation;
        instance.interpreter.control().on_loss(move || {
            if let Some(plugin) = plugin.upgrade() {
                plugin.report_loss(generation);
            }
        });
    }

    /// The interpreter of that generation is gone, or seems to be.
    pub(super) fn report_loss(self: &Arc<Self>, generation: u64) {
        let _ = self.errands.send(Errand::Lost(self.clone(), generation));
    }

    /// A call, or what it heard, failed.
    pub(super) fn failed(&self, stage: Stage, error: Error) {
        let error = PluginError::run(&self.name, stage, error);
        self.tell(EventKind::Failed { error: Arc::new(error) });
        self.count_failure();
    }

    /// True if it is quarantined by this.
    pub(super) fn count_failure(&self) -> bool {
        let verdict = self.patient.failed();
        if let Some(pause) = verdict.quarantined_for {
            let failures = verdict.failures;
            self.tell(EventKind::Quarantined { pause, failures });
        }
        verdict.quarantined_for.is_some()
    }

    pub(super) fn succeeded(&self) {
        if self.patient.succeeded() {
            self.tell(EventKind::Recovered);
        }
    }

    pub(super) fn tell(&self, kind: EventKind) {
        self.events.tell(&self.name, kind);
    }

    pub(super) fn remove(&self) {
        self.removed.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_removed(&self) -> bool {
        self.removed.load(Ordering::SeqCst)
    }
}

impl Parked {
    /// A version that does not have the function drops the job, which answers that it is closed.
    fn go_to(self, instance: &Arc<Instance>) {
        if let Some(function) = self.target.find(instance) {
            self.record.give(function.clone());
            instance.interpreter.post(self.job);
        }
    }
}

/// Processor time of the calling interpreter's thread.
pub(super) fn cpu_time() -> Option<Duration> {
    Control::current().and_then(|control| control.cpu_time())
}
