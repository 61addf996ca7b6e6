//! Interpreters that scripts make and give one call after another.

use std::sync::{Arc, Weak};

use crossbeam_channel::Receiver;
use parking_lot::Mutex;
use rustpython_vm::{PyResult, VirtualMachine};

use super::{
    Child, Interpreter,
    blueprint::Conception,
    child::Departure,
    family::{self, Family, Kind},
    offspring,
    queued::prepare_with,
    run,
};
use crate::{
    bridge,
    control::Control,
    error::{Error, Result},
    parcel::{self, Parcel},
};

/// An interpreter that a script has made. It lives until it is closed, or nobody refers to it any more.
pub(crate) struct Isolate {
    interpreter: Interpreter,
    family: Arc<Family>,
    ready: Mutex<Option<Receiver<Result<()>>>>,
    /// The last of its calls; they end in the order in which they were given.
    latest: Mutex<Weak<Child>>,
}

impl Isolate {
    /// Begins to make one, as a child of the interpreter on this thread.
    pub(crate) fn create(vm: &VirtualMachine, name: Option<String>) -> PyResult<Arc<Self>> {
        let parent = offspring::surroundings(vm)?;
        let place = offspring::take_place(vm)?;
        let name = name.unwrap_or_else(|| format!("isolate-{}", family::next_pid()));
        let blueprint = Arc::new(offspring::derive_blueprint(vm, &parent)?);
        let mut conception = Conception::new(&blueprint, &name, parent.identity.descendant(Kind::Isolate, 0, None));
        conception.captured = parent.captured.clone();
        // Its place is given back with it; as a whole it is nobody's child.
        let control = conception.control.clone();
        let existence = Child::new(
            name,
            Kind::Isolate,
            family::next_pid(),
            control,
            &parent.identity.family,
        );
        conception.departure = Some(Departure::new(existence, Some(place)));
        let (interpreter, ready) =
            Interpreter::conceive(&blueprint, conception).map_err(|error| bridge::raise(vm, &error))?;
        let isolate = Arc::new(Self {
            interpreter,
            family: parent.identity.family.clone(),
            ready: Mutex::new(Some(ready)),
            latest: Mutex::default(),
        });
        isolate.family.add_isolate(&isolate);
        Ok(isolate)
    }

    /// The number of its interpreter.
    pub(crate) fn id(&self) -> u64 {
        self.control().id()
    }

    pub(crate) fn name(&self) -> &str {
        self.interpreter.name()
    }

    fn control(&self) -> &Arc<Control> {
        self.interpreter.control()
    }

    /// True while a call runs in it, or waits to be run.
    pub(crate) fn is_running(&self) -> bool {
        let latest = self.latest.lock().upgrade();
        latest.is_some_and(|call| call.ending().is_none())
    }

    /// True until it is closed, or is lost.
    pub(crate) fn is_alive(&self) -> bool {
        !self.interpreter.is_closed()
    }

    /// True on its own thread.
    pub(crate) fn is_current(&self) -> bool {
        self.control().is_current()
    }

    /// Has it unpack `call` and make it, behind the calls that it has.
    pub(crate) fn call(&self, call: Parcel) -> Arc<Child> {
        self.give(move |vm, child| offspring::carry_out(vm, child, &call))
    }

    /// Has it run statements in its `__main__`.
    pub(crate) fn exec(&self, source: Arc<str>) -> Arc<Child> {
        self.give(move |vm, child| {
            let result = vm.main_namespace().and_then(|globals| {
                let scope = rustpython_vm::scope::Scope::with_builtins(None, globals, vm);
                run::run_text(vm, &source, scope)
            });
            offspring::settle(vm, child, result.map(|_| vm.ctx.none()))
        })
    }

    /// Has it set a name of its `__main__` to what is in the parcel.
    pub(crate) fn set(&self, name: String, object: Parcel) -> Arc<Child> {
        self.give(move |vm, child| {
            let result =
                parcel::unpack(vm, object).and_then(|object| vm.main_namespace()?.set_item(name.as_str(), object, vm));
            offspring::settle(vm, child, result.map(|()| vm.ctx.none()))
        })
    }

    fn give(&self, work: impl FnOnce(&VirtualMachine, &Child) -> Result<()> + Send + 'static) -> Arc<Child> {
        let pid = family::next_pid();
        let child = Child::new(
            self.name().to_owned(),
            Kind::Isolate,
            pid,
            self.control().clone(),
            &self.family,
        );
        let departure = Departure::new(child.clone(), None);
        let (queued, _job) = prepare_with({
            let child = child.clone();
            move |vm| {
                if let Some(control) = Control::current() {
                    control.on_loss_of_job(departure.on_loss());
                }
                let _over = departure;
                work(vm, &child)
            }
        });
        child.set_canceller(queued.canceller());
        *self.latest.lock() = Arc::downgrade(&child);
        self.interpreter.post(queued);
        child
    }

    /// Ends it, and waits until it has; what it runs is finished first.
    pub(crate) fn close(&self) -> Result<()> {
        self.family.remove_isolate(self.id());
        self.interpreter.close()
    }

    /// Why it could not be built, if it could not; waits until that is known.
    pub(crate) fn check_built(&self) -> Result<()> {
        let Some(ready) = self.ready.lock().take() else {
            return Ok(());
        };
        ready.recv().unwrap_or_else(|_| {
            Err(Error::Closed {
                interpreter: self.name().to_owned(),
            })
        })
    }
}

impl Drop for Isolate {
    fn drop(&mut self) {
        self.family.remove_isolate(self.id());
    }
}
