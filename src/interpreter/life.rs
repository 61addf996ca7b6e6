//! The life of one interpreter on its thread: built, serving its mailbox, taken down.

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use crossbeam_channel::{Receiver, RecvError, Sender, TryRecvError, bounded};
use rustpython_vm::VirtualMachine;

use super::{
    blueprint::Blueprint,
    boot,
    child::Departure,
    family::Identity,
    object,
    queued::{Outcome, QueuedJob, panic_message},
    spare::{self, Blank},
    stats::Counters,
    streams::{self, Captured},
    surroundings::Surroundings,
    threads::Reuse,
};
use crate::{
    alloc,
    control::{Control, JobId, Reporter, StopReason, grants_memory, wait},
    error::{Error, Result},
    fence,
};

/// Work that an interpreter fetches itself, beside what is sent to it: a pool's queue.
pub(crate) trait WorkSource: Send {
    /// The next job, if there is one now.
    fn next(&mut self) -> Option<QueuedJob>;
    /// The interpreter is about to sleep: whoever brings work must nudge it from here on. True if work is there after all.
    fn going_idle(&mut self) -> bool;
    /// The interpreter was woken.
    fn woke(&mut self);
    /// A job that `next` gave has ended.
    fn finished(&mut self, ended: Ended);
    /// Whether the interpreter should end here, so that another takes its place. `memory` is what it takes, if that is
    /// known.
    fn wants_rest(&mut self, _memory: Option<u64>) -> bool {
        false
    }
    /// What to do when the interpreter is given up.
    fn on_loss(&self) -> Box<dyn FnOnce() + Send>;
    /// The interpreter was woken, but runs a job from its mailbox first: someone else should look at the queue.
    fn detained(&mut self) {}
}

/// How a job of a work source ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Succeeded,
    Failed,
    /// With its interpreter.
    Fatally,
}

/// What can be put into an interpreter's mailbox.
pub(super) enum Message {
    Job(QueuedJob),
    /// Look at the work source.
    Nudge,
    /// The last handle of that held object is gone.
    Release(u64),
    /// Finish what came before, then end; the sender hears when that is done.
    Close(Option<Sender<()>>),
}

/// What an interpreter is born with.
pub(super) struct Birth {
    pub(super) blueprint: Arc<Blueprint>,
    pub(super) control: Arc<Control>,
    pub(super) mailbox: Arc<Receiver<Message>>,
    pub(super) captured: Captured,
    pub(super) counters: Arc<Counters>,
    pub(super) source: Option<Box<dyn WorkSource>>,
    pub(super) ready: Sender<Result<()>>,
    pub(super) identity: Arc<Identity>,
    /// Dropped as the last thing of all.
    pub(super) departure: Option<Departure>,
}

/// How the serving of a mailbox ended.
enum End {
    Closed(Option<Sender<()>>),
    Panicked,
    /// It was given up, and came back.
    Lost,
}

/// Lives it. Called on the interpreter's thread.
pub(super) fn live(birth: Birth) -> Reuse {
    live_in(birth, None)
}

/// Lives it in a VM that was built ahead on this thread, if there is one.
pub(super) fn live_in(birth: Birth, blank: Option<Blank>) -> Reuse {
    let Birth {
        blueprint,
        control,
        mailbox,
        captured,
        counters,
        mut source,
        ready,
        identity,
        mut departure,
    } = birth;
    let _tenant = alloc::Tenant::enter(control.account());
    // A large request is answered with MemoryError instead of being made.
    rustpython_vm::allocation::set_allocation_gate(Some(grants_memory));
    control.settle();
    identity.family.root(control.id());
    let _here = Surroundings::enter(&blueprint, &identity, &captured);
    let built = catch_unwind(AssertUnwindSafe(|| match blank {
        Some(Blank { cast, own }) => boot::finish(&cast, &blueprint, &identity, &captured).map(|()| (cast, Some(own))),
        None => boot::build(&blueprint, &identity, &captured).map(|cast| (cast, None)),
    }));
    let (boot::Cast { interpreter, signals }, own) = match built {
        Ok(Ok(built)) => built,
        Ok(Err(error)) => {
            (blueprint.on_end)();
            control.unbind();
            // Who hears of it may make another at once, which takes this one's place.
            drop(source);
            let _ = ready.send(Err(error));
            return Reuse::Yes;
        }
        Err(panic) => {
            (blueprint.on_end)();
            control.unbind();
            drop(source);
            let _ = ready.send(Err(Error::Panicked {
                interpreter: control.name().to_owned(),
                message: panic_message(&*panic),
            }));
            return Reuse::No;
        }
    };
    control.bind(signals);
    counters.started(control.cpu_time());
    let _ = ready.send(Ok(()));
    drop(ready);
    tracing::debug!(interpreter = control.name(), "ready");

    let end = interpreter.enter(|vm| {
        let mut server = Server {
            vm,
            control: &control,
            counters: &counters,
        };
        server.serve(&mailbox, source.as_deref_mut())
    });
    let reuse = match end {
        End::Closed(answer) => {
            let parting = own.and_then(|own| Some((own, departure.take()?)));
            let reuse = finish(interpreter, &blueprint, &control, answer.clone(), parting);
            (blueprint.on_end)();
            control.unbind();
            drop(source);
            drop(mailbox);
            fence::later(move || drop(blueprint));
            tracing::debug!(interpreter = control.name(), "closed");
            if let Some(answer) = answer {
                let _ = answer.send(());
            }
            return reuse;
        }
        End::Lost => {
            tracing::info!(
                interpreter = control.name(),
                "came back after it was given up, and ends"
            );
            finish(interpreter, &blueprint, &control, None, None)
        }
        End::Panicked => {
            tracing::error!(interpreter = control.name(), "retired after a panic");
            // Nothing of this VM may run again, not even its destructors.
            std::mem::forget(interpreter);
            Reuse::No
        }
    };
    (blueprint.on_end)();
    control.unbind();
    drop(source);
    fence::later(move || drop(blueprint));
    // Jobs that are still in the mailbox answer that the interpreter is closed as they are dropped with it.
    drop(mailbox);
    reuse
}

/// Whoever waits for the interpreter to close.
struct Closing(Option<Sender<()>>);

impl Reporter for Closing {
    fn lost(self: Arc<Self>, _interpreter: &str, _reason: Option<StopReason>) {
        if let Some(answer) = &self.0 {
            let _ = answer.try_send(());
        }
    }
}

fn finish(
    interpreter: rustpython_vm::Interpreter,
    blueprint: &Blueprint,
    control: &Arc<Control>,
    answer: Option<Sender<()>>,
    parting: Option<(HashSet<String>, Departure)>,
) -> Reuse {
    // atexit functions run as a job, so that what waits in them can be woken, and their time is limited as a job's is.
    let job = JobId::next();
    control.begin(job, None, Some(Arc::new(Closing(answer))));
    let lost = control.is_lost();
    let _python = alloc::in_python(!lost);
    if lost {
        // Nobody waits for what its scripts would still do.
        control.stop(job);
    }
    let finalized = catch_unwind(AssertUnwindSafe(|| {
        interpreter.enter(|vm| boot::wind_up(vm, blueprint.on_closing));
        if let Some((own, departure)) = parting {
            part(&interpreter, blueprint, &own);
            drop(departure);
            interpreter.enter(|vm| vm.state.gc.unfreeze());
        }
        boot::take_down(interpreter);
    }));
    control.end();
    match finalized {
        // With a thread that ends, what the VM keeps for a thread is lost for the process.
        Ok(()) if control.is_lost() && !restore_thread(control) => Reuse::No,
        Ok(()) => Reuse::Yes,
        Err(panic) => {
            tracing::error!(
                interpreter = control.name(),
                message = panic_message(&*panic),
                "panicked while it was closed"
            );
            Reuse::No
        }
    }
}

/// Lets go of what the script made, so that whoever waits for its end need not wait until the VM itself is freed.
fn part(interpreter: &rustpython_vm::Interpreter, blueprint: &Blueprint, own: &HashSet<String>) {
    interpreter.enter(|vm| {
        streams::flush(vm);
        // What cannot be let go of one by one goes with the VM.
        let _ = spare::clear_script(vm, own);
        streams::flush(vm);
    });
    (blueprint.on_left)();
}

/// Gives the calling thread its scheduling class back. True if it has it, or never lost it.
fn restore_thread(control: &Arc<Control>) -> bool {
    let (done, restored) = bounded(1);
    let control = control.clone();
    // A fenced thread may not do it itself.
    fence::later(move || {
        let _ = done.send(control.restore_thread());
    });
    restored.recv().unwrap_or(false)
}

/// Waits for the next message.
fn next_message(mailbox: &Receiver<Message>) -> std::result::Result<Message, RecvError> {
    let seen = wait::look(|| match mailbox.try_recv() {
        Ok(message) => Some(Ok(message)),
        Err(TryRecvError::Disconnected) => Some(Err(RecvError)),
        Err(TryRecvError::Empty) => None,
    });
    seen.unwrap_or_else(|| mailbox.recv())
}

/// The end that a job's outcome means, if it means one.
fn fatal(outcome: Outcome) -> Option<End> {
    match outcome {
        Outcome::Panicked => Some(End::Panicked),
        Outcome::Lost => Some(End::Lost),
        Outcome::Succeeded | Outcome::Failed => None,
    }
}

struct Server<'a> {
    vm: &'a VirtualMachine,
    control: &'a Arc<Control>,
    counters: &'a Counters,
}

impl Server<'_> {
    fn serve(&mut self, mailbox: &Receiver<Message>, source: Option<&mut (dyn WorkSource + '_)>) -> End {
        match source {
            None => {
                while let Ok(message) = next_message(mailbox) {
                    if let Some(end) = self.handle(message) {
                        return end;
                    }
                }
                End::Closed(None)
            }
            Some(source) => self.serve_with_source(mailbox, source),
        }
    }

    fn serve_with_source(&mut self, mailbox: &Receiver<Message>, source: &mut dyn WorkSource) -> End {
        loop {
            match mailbox.try_recv() {
                Ok(message) => {
                    if matches!(message, Message::Job(_)) {
                        source.detained();
                    }
                    if let Some(end) = self.handle(message) {
                        return end;
                    }
                    continue;
                }
                Err(TryRecvError::Disconnected) => return End::Closed(None),
                Err(TryRecvError::Empty) => {}
            }
            if let Some(job) = source.next() {
                let outcome = self.run(job);
                source.finished(match outcome {
                    Outcome::Succeeded => Ended::Succeeded,
                    Outcome::Failed => Ended::Failed,
                    Outcome::Panicked | Outcome::Lost => Ended::Fatally,
                });
                if let Some(end) = fatal(outcome) {
                    return end;
                }
                let memory = alloc::is_installed().then(|| self.control.account().bytes());
                if source.wants_rest(memory) {
                    return End::Closed(None);
                }
                continue;
            }
            if source.going_idle() {
                source.woke();
                continue;
            }
            let message = next_message(mailbox);
            source.woke();
            let Ok(message) = message else {
                return End::Closed(None);
            };
            if matches!(message, Message::Job(_)) {
                source.detained();
            }
            if let Some(end) = self.handle(message) {
                return end;
            }
        }
    }

    fn handle(&mut self, message: Message) -> Option<End> {
        match message {
            Message::Job(job) => {
                self.counters.taken();
                fatal(self.run(job))
            }
            Message::Nudge => None,
            Message::Release(id) => {
                object::release(id);
                None
            }
            Message::Close(answer) => Some(End::Closed(answer)),
        }
    }

    fn run(&mut self, job: QueuedJob) -> Outcome {
        let _span = tracing::debug_span!("job", interpreter = self.control.name()).entered();
        job.run(self.vm, self.control, self.counters)
    }
}
