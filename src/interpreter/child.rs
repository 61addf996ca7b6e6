//! An interpreter that a script has started, or a call that it has given to one: what others see of it.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use rustpython_vm::{PyResult, VirtualMachine, builtins::PyBaseExceptionRef};

use super::{
    capacity::Place,
    family::{Family, Kind, Pid},
    queued::Canceller,
};
use crate::{
    channel::Announcement,
    control::{Control, Listeners, Waitable},
    parcel::Parcel,
};

/// How it ended.
#[derive(Clone)]
pub(crate) enum Ending {
    /// The function returned that.
    Returned(Arc<Parcel>),
    /// The function raised that.
    Raised(Arc<Parcel>),
    /// It ended itself, by `sys.exit` or `os._exit`.
    Exited(i32),
    /// It was stopped by that signal's number.
    Stopped(i32),
    /// It did not end as it should; why.
    Lost(String),
}

impl Ending {
    /// As `multiprocessing` has it.
    pub(crate) fn exit_code(&self) -> i32 {
        match self {
            Self::Returned(_) => 0,
            Self::Raised(_) => 1,
            // A process has eight bits for it.
            Self::Exited(code) => code & 0xFF,
            Self::Stopped(signal) => -signal,
            Self::Lost(_) => 255,
        }
    }
}

/// A handle to it, for any thread and any interpreter.
pub(crate) struct Child {
    pid: Pid,
    name: String,
    kind: Kind,
    control: Arc<Control>,
    family: Weak<Family>,
    state: Mutex<State>,
    ended: Announcement,
    listeners: Listeners,
}

#[derive(Default)]
struct State {
    canceller: Option<Canceller>,
    /// What it is to be if its script is stopped now.
    ordered: Option<Ending>,
    /// What its script came to; public once the interpreter is gone.
    ending: Option<Ending>,
}

impl Child {
    pub(super) fn new(name: String, kind: Kind, pid: Pid, control: Arc<Control>, family: &Arc<Family>) -> Arc<Self> {
        Arc::new(Self {
            pid,
            name,
            kind,
            control,
            family: Arc::downgrade(family),
            state: Mutex::default(),
            ended: Announcement::new(),
            listeners: Listeners::default(),
        })
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// The number of its interpreter.
    pub(crate) fn interpreter(&self) -> u64 {
        self.control.id()
    }

    /// True if it is what runs on the calling thread.
    pub(crate) fn is_current(&self) -> bool {
        self.control.is_current()
    }

    /// How it ended, once it has.
    pub(crate) fn ending(&self) -> Option<Ending> {
        self.is_ready().then(|| self.state.lock().ending.clone()).flatten()
    }

    /// Announced when it has ended and nothing of it is left.
    pub(crate) fn ended(&self) -> &Announcement {
        &self.ended
    }

    pub(super) fn set_canceller(&self, canceller: Canceller) {
        self.state.lock().canceller = Some(canceller);
    }

    /// Notes what its script came to. The first word counts.
    pub(super) fn came_to(&self, ending: Ending) {
        let mut state = self.state.lock();
        let ordered = state.ordered.take();
        state.ending.get_or_insert_with(|| ordered.unwrap_or(ending));
    }

    /// Notes that its script was stopped from outside.
    pub(super) fn was_stopped(&self) {
        // A stop that nobody here ordered is the host's.
        self.came_to(Ending::Stopped(signal::TERM));
    }

    /// Stops it, as the system's default for that signal does; its `finally` blocks have a moment.
    pub(crate) fn stop(&self, signal: i32) {
        self.order(Ending::Stopped(signal));
    }

    /// Ends it with that status, as `os._exit` does. Called on its own thread.
    pub(crate) fn exit(&self, status: i32) {
        self.order(Ending::Exited(status));
    }

    fn order(&self, ending: Ending) {
        let canceller = {
            let mut state = self.state.lock();
            if state.ending.is_some() {
                return;
            }
            state.ordered.get_or_insert(ending);
            state.canceller.clone()
        };
        if let Some(canceller) = canceller {
            canceller.cancel();
        }
    }

    /// Sends it a signal: its own handler runs if it has one, otherwise what the system does by default.
    pub(crate) fn signal(self: &Arc<Self>, signal: i32) {
        if signal == signal::KILL {
            return self.stop(signal);
        }
        let child = self.clone();
        self.control.run_soon(Box::new(move |vm| child.handle(signal, vm)));
    }

    fn handle(&self, signal: i32, vm: &VirtualMachine) -> PyResult<()> {
        if self.state.lock().ending.is_some() {
            return Ok(());
        }
        let module = vm.import("_signal", 0)?;
        let handler = vm.call_method(&module, "getsignal", (signal,))?;
        if handler.is_callable() {
            return handler.call((signal, vm.ctx.none()), vm).map(drop);
        }
        let ignored = module.get_attr("SIG_IGN", vm)?;
        if vm.bool_eq(&handler, &ignored)? || signal::IGNORED_BY_DEFAULT.contains(&signal) {
            return Ok(());
        }
        if signal == signal::INT {
            return Err(interrupted(vm));
        }
        self.stop(signal);
        Ok(())
    }

    /// Its interpreter was given up: it has no other end.
    pub(super) fn was_lost(&self) {
        self.came_to(Ending::Lost(
            "the interpreter could not be stopped and was given up".to_owned(),
        ));
        self.finish();
    }

    fn finish(&self) {
        {
            let mut state = self.state.lock();
            if state.ending.is_none() {
                let lost =
                    "the interpreter ended without an answer: its virtual machine panicked, or could not be built";
                state.ending = Some(state.ordered.take().unwrap_or_else(|| Ending::Lost(lost.to_owned())));
            }
            state.canceller = None;
        }
        if let Some(family) = self.family.upgrade() {
            family.remove(self.pid);
        }
        self.ended.make();
        self.listeners.notify();
    }
}

impl Waitable for Child {
    fn is_ready(&self) -> bool {
        self.ended.is_made()
    }

    fn listeners(&self) -> &Listeners {
        &self.listeners
    }
}

fn interrupted(vm: &VirtualMachine) -> PyBaseExceptionRef {
    vm.new_exception_empty(vm.ctx.exceptions.keyboard_interrupt.to_owned())
}

/// Held for as long as the child is not over, wherever that is; its end is the child's.
pub(super) struct Departure {
    child: Arc<Child>,
    place: Option<Place>,
}

impl Departure {
    pub(super) fn new(child: Arc<Child>, place: Option<Place>) -> Self {
        Self { child, place }
    }

    /// What to do when its interpreter is given up.
    pub(super) fn on_loss(&self) -> impl FnOnce() + Send + 'static {
        let child = self.child.clone();
        move || child.was_lost()
    }
}

impl Drop for Departure {
    fn drop(&mut self) {
        // First: who hears of the end may start another in its place at once.
        drop(self.place.take());
        self.child.finish();
    }
}

/// Numbers of signals, which are the same on all systems that have them.
pub(crate) mod signal {
    pub(crate) const INT: i32 = 2;
    pub(crate) const KILL: i32 = 9;
    pub(crate) const TERM: i32 = 15;
    /// SIGCHLD, SIGCONT, SIGURG, SIGWINCH on Linux.
    pub(super) const IGNORED_BY_DEFAULT: [i32; 4] = [17, 18, 23, 28];
}
