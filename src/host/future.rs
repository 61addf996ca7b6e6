//! `HostFuture`: what a script gets from an async host function.

use std::{
    cell::RefCell,
    fmt,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use rustpython_vm::{
    Context, FromArgs, Py, PyObjectRef, PyPayload, PyResult, Traverse, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyType},
    class::{PyClassImpl, StaticType},
    common::lock::PyMutex,
    function::ArgIntoFloat,
    pyclass,
    types::Representable,
};

use super::{
    HostFunction,
    arguments::catch,
    spawner::spawn_by_default,
    task::{Call, Ending, Runner},
    traits::Pending,
    wakeup::Wakeup,
};
use crate::{
    bridge,
    control::{
        in_host,
        wait::{Looked, interrupts, select},
    },
    fence::{self, Watched},
};

/// The result of an async host function, there or still to come.
#[pyclass(module = "ungil", name = "HostFuture", traverse)]
pub(super) struct HostFutureObject {
    #[pytraverse(skip)]
    function: HostFunction,
    #[pytraverse(skip)]
    call: Arc<Call>,
    /// What it ended with, as objects, once somebody has asked: the same ones each time.
    result: PyMutex<Option<PyObjectRef>>,
    exception: PyMutex<Option<PyBaseExceptionRef>>,
}

/// The wake-up pipe of an event loop, for `ungil._host`.
#[pyclass(module = "ungil", name = "HostWakeup")]
pub(super) struct WakeupObject {
    wakeup: Arc<Wakeup>,
    watched: Watched,
}

#[derive(FromArgs)]
struct WaitArgs {
    #[pyarg(any, default)]
    timeout: Option<ArgIntoFloat>,
}

thread_local! {
    /// The calls that this thread's interpreter has started, as far as they may still run.
    static STARTED: RefCell<Vec<Weak<Call>>> = const { RefCell::new(Vec::new()) };
}

fn remember(call: &Arc<Call>) {
    STARTED.with_borrow_mut(|started| {
        // Tidied each time before it grows, so at most half of it is over, and each call pays for one look.
        if started.len() == started.capacity() {
            started.retain(|call| call.upgrade().is_some_and(|call| !call.is_over()));
            started.reserve(started.len().max(16));
        }
        started.push(Arc::downgrade(call));
    });
}

/// Cancels what the interpreter of this thread has started and can no longer wait for.
pub(super) fn cancel_all() {
    for call in STARTED.take() {
        if let Some(call) = call.upgrade() {
            call.cancel();
        }
    }
}

macro_rules! lazy_class {
    ($class:ident) => {
        impl PyPayload for $class {
            fn class(_: &Context) -> &'static Py<PyType> {
                match Self::static_cell().get() {
                    Some(class) => class,
                    None => {
                        let _ = Self::make_static_type();
                        Self::static_type()
                    }
                }
            }
        }

        impl fmt::Debug for $class {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($class))
            }
        }
    };
}

lazy_class!(HostFutureObject);
lazy_class!(WakeupObject);

impl HostFutureObject {
    /// Starts to run the future of a call, and gives the script its side of it.
    pub(super) fn start(vm: &VirtualMachine, function: HostFunction, future: Pending) -> PyResult {
        let call = Call::new();
        let task = Box::pin(Runner::new(future, call.clone()));
        match function.spawner() {
            // The host's own code; a runtime that is shut down panics here.
            Some(spawner) => {
                let spawner = spawner.clone();
                let spawned = fence::call(vm, move || catch(move || spawner.spawn(task)))?;
                spawned.map_err(|message| function.panic_exception(vm, message))?;
            }
            None => spawn_by_default(task)
                .map_err(|error| vm.new_runtime_error(format!("the thread for async host functions: {error}")))?,
        }
        remember(&call);
        let object = Self {
            function,
            call,
            result: PyMutex::new(None),
            exception: PyMutex::new(None),
        };
        Ok(object.into_ref(&vm.ctx).into())
    }

    /// The result of a call that is over.
    fn result(&self, vm: &VirtualMachine) -> PyResult {
        if let Some(ending) = self.call.take_ending() {
            match self.end(vm, ending) {
                Ok(object) => *self.result.lock() = Some(object),
                Err(exception) => *self.exception.lock() = Some(exception),
            }
        }
        if let Some(object) = &*self.result.lock() {
            return Ok(object.clone());
        }
        match &*self.exception.lock() {
            Some(exception) => Err(exception.clone()),
            None => Err(vm.new_runtime_error("the result is being made")),
        }
    }

    fn end(&self, vm: &VirtualMachine, ending: Ending) -> PyResult {
        let without_result = |what: &str| {
            let text = format!("{}() {what}", self.function.qualified_name());
            vm.new_exception_msg(bridge::exceptions(vm).host_error, text.into())
        };
        match ending {
            Ending::Done(outcome) => self.function.finish(vm, Ok(outcome)),
            Ending::Panicked(message) => self.function.finish(vm, Err(message)),
            Ending::Cancelled => Err(without_result("was cancelled")),
            Ending::Dropped => Err(without_result("was dropped by its spawner before it was done")),
        }
    }
}

impl Drop for HostFutureObject {
    fn drop(&mut self) {
        self.call.cancel();
    }
}

impl Representable for HostFutureObject {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        let state = match (zelf.call.is_over(), zelf.call.is_cancelled()) {
            (false, _) => "pending",
            (true, false) => "done",
            (true, true) => "cancelled",
        };
        let name = zelf.function.qualified_name();
        Ok(format!("<HostFuture of {name}() {state}>"))
    }
}

#[pyclass(with(Representable), flags(DISALLOW_INSTANTIATION, IMMUTABLETYPE, HAS_WEAKREF))]
impl HostFutureObject {
    /// Waits for the result, for at most `timeout` seconds, and returns it or raises what the function raised.
    #[pymethod]
    fn wait(zelf: &Py<Self>, args: WaitArgs, vm: &VirtualMachine) -> PyResult {
        let timeout = args.timeout.map(ArgIntoFloat::into_float);
        let deadline = match timeout {
            None => None,
            Some(seconds) if seconds.is_nan() => return Err(vm.new_value_error("timeout is not a number")),
            // Too large for a clock is as good as none.
            Some(seconds) => match Duration::try_from_secs_f64(seconds.max(0.0)) {
                Ok(duration) => Instant::now().checked_add(duration),
                Err(_) => None,
            },
        };
        if !zelf.call.is_over() {
            let interrupts = interrupts();
            let ended = in_host(|| {
                select(
                    vm,
                    deadline,
                    &interrupts,
                    Looked::NotYet,
                    |select| {
                        select.recv(zelf.call.ended());
                    },
                    |operation, _| {
                        let _ = operation.recv(zelf.call.ended());
                    },
                )
            })?;
            if ended.is_none() {
                let class = vm.ctx.exceptions.timeout_error.to_owned();
                let name = zelf.function.qualified_name();
                let text = format!("{name}() was not done after {} seconds", timeout.unwrap_or_default());
                return Err(vm.new_exception(class, vec![vm.ctx.new_str(text).into()]));
            }
        }
        zelf.result(vm)
    }

    /// True once there is a result, an exception, or a cancellation.
    #[pymethod]
    fn done(zelf: &Py<Self>) -> bool {
        zelf.call.is_over()
    }

    /// Stops the function where it waits. False if it was done.
    #[pymethod]
    fn cancel(zelf: &Py<Self>) -> bool {
        zelf.call.cancel()
    }

    /// True if it was cancelled.
    #[pymethod]
    fn cancelled(zelf: &Py<Self>) -> bool {
        zelf.call.is_cancelled()
    }

    #[pymethod(name = "__await__")]
    fn awaiting(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        let name = vm.ctx.new_str("awaiting");
        let names = vm.ctx.new_tuple(vec![name.clone().into()]);
        let module = vm.import_from("ungil._host", names, 0)?;
        module.get_attr(&*name, vm)?.call((zelf.to_owned(),), vm)
    }

    /// A new wake-up pipe. For `ungil._host`.
    #[pymethod]
    fn _wakeup(_zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
        let (wakeup, watched) = Wakeup::new().map_err(|error| vm.new_os_error(error.to_string()))?;
        let object = WakeupObject { wakeup, watched };
        Ok(object.into_ref(&vm.ctx).into())
    }

    /// Has `wakeup` woken with `number` at the end. For `ungil._host`.
    #[pymethod]
    fn _notify(zelf: &Py<Self>, wakeup: PyObjectRef, number: u64, vm: &VirtualMachine) -> PyResult<()> {
        let wakeup: &Py<WakeupObject> = wakeup.try_to_value(vm)?;
        zelf.call.notify(wakeup.wakeup.clone(), number);
        Ok(())
    }
}

#[pyclass(flags(DISALLOW_INSTANTIATION, IMMUTABLETYPE, HAS_WEAKREF))]
impl WakeupObject {
    /// What an event loop can watch for reading; None where it cannot watch pipes.
    #[pymethod]
    fn fileno(zelf: &Py<Self>) -> Option<i32> {
        zelf.watched.descriptor()
    }

    /// The numbers of the calls that ended since the last time.
    #[pymethod]
    fn drain(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
        let numbers = zelf
            .wakeup
            .drain(&zelf.watched)
            .map_err(|error| vm.new_os_error(error.to_string()))?;
        let numbers = numbers
            .into_iter()
            .map(|number| vm.ctx.new_int(number).into())
            .collect();
        Ok(vm.ctx.new_list(numbers).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_interpreter_leaves_running_is_cancelled_and_the_list_of_it_stays_short() {
        let kept: Vec<Arc<Call>> = (0..100).map(|_| Call::new()).collect();
        kept.iter().for_each(remember);
        for _ in 0..10_000 {
            remember(&Call::new());
        }
        assert!(STARTED.with_borrow(Vec::len) < 1000);
        cancel_all();
        assert!(kept.iter().all(|call| call.is_cancelled()));
        assert!(STARTED.with_borrow(Vec::is_empty));
    }
}
