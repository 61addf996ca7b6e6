//! Waiting for the first of several things.

use std::time::Instant;

use rustpython_vm::{
    FromArgs, Py, PyObject, PyObjectRef, PyResult, VirtualMachine, builtins::PyModule, function::ArgIterable,
};

use super::timeout::Timeout;
use crate::{
    bridge,
    control::{Bell, wait},
    value::Handle,
};

/// Adds `select` to the native module.
pub(super) fn init(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    module.set_attr("select", vm.new_function("select", select), vm)
}

/// What `object` stands for, if that can be waited for.
pub(super) fn waitable(vm: &VirtualMachine, object: &PyObject) -> PyResult<Handle> {
    let handle = bridge::handle_of(object);
    handle.filter(|handle| handle.as_waitable().is_some()).ok_or_else(|| {
        let name = object.class().name().to_string();
        vm.new_type_error(format!(
            "cannot wait for a {name}; receivers, inboxes, children and events can be waited for"
        ))
    })
}

#[derive(FromArgs)]
struct SelectArgs {
    #[pyarg(positional)]
    objects: ArgIterable,
    #[pyarg(flatten)]
    timeout: Timeout,
}

/// Waits until at least one of the objects is ready, or for at most timeout seconds, and returns those that are, in
/// their order. Ready are a receiver or inbox with something to receive, or closed; a child that has ended; an event
/// that is set; a file descriptor, or an object with fileno(), that can be read.
fn select(args: SelectArgs, vm: &VirtualMachine) -> PyResult<Vec<PyObjectRef>> {
    let deadline = args.timeout.deadline(vm)?;
    let mut set = WaitSet::default();
    for object in args.objects.iter(vm)? {
        set.add(vm, object?)?;
    }
    #[cfg(unix)]
    if set.items.iter().any(|(_, item)| matches!(item, Item::Descriptor(_))) {
        return descriptors::wait(vm, &set, deadline);
    }
    set.wait(vm, deadline)
}

enum Item {
    Shared(Handle),
    #[cfg(unix)]
    Descriptor(i32),
}

#[derive(Default)]
struct WaitSet {
    items: Vec<(PyObjectRef, Item)>,
}

impl WaitSet {
    fn add(&mut self, vm: &VirtualMachine, object: PyObjectRef) -> PyResult<()> {
        #[cfg(unix)]
        if bridge::handle_of(&object).is_none() {
            let number = match object.try_to_value::<i32>(vm) {
                Ok(number) => Some(number),
                Err(_) => match vm.get_attribute_opt(&object, "fileno")? {
                    Some(method) => Some(method.call((), vm)?.try_to_value(vm)?),
                    None => None,
                },
            };
            if let Some(number) = number {
                self.items.push((object, Item::Descriptor(number)));
                return Ok(());
            }
        }
        let handle = waitable(vm, &object)?;
        self.items.push((object, Item::Shared(handle)));
        Ok(())
    }

    fn ready(&self) -> Vec<PyObjectRef> {
        let ready = self.items.iter().filter(|(_, item)| item.is_ready());
        ready.map(|(object, _)| object.clone()).collect()
    }

    fn listen(&self, bell: &std::sync::Arc<dyn crate::control::Listener>) {
        for (_, item) in &self.items {
            if let Item::Shared(handle) = item
                && let Some(waitable) = handle.as_waitable()
            {
                waitable.listeners().add(bell);
            }
        }
    }

    fn wait(&self, vm: &VirtualMachine, deadline: Option<Instant>) -> PyResult<Vec<PyObjectRef>> {
        let ready = self.ready();
        if !ready.is_empty() {
            return Ok(ready);
        }
        let (bell, rung) = Bell::pair();
        self.listen(&bell);
        let interrupts = wait::interrupts();
        loop {
            let ready = self.ready();
            if !ready.is_empty() {
                return Ok(ready);
            }
            let heard = wait::receive(vm, deadline, &interrupts, &rung)?;
            if heard.is_none() {
                return Ok(self.ready());
            }
        }
    }
}

impl Item {
    fn is_ready(&self) -> bool {
        match self {
            Self::Shared(handle) => handle.as_waitable().is_some_and(|waitable| waitable.is_ready()),
            #[cfg(unix)]
            Self::Descriptor(_) => false,
        }
    }
}

/// Waiting in the kernel, for descriptors and what is ours at once.
#[cfg(unix)]
mod descriptors {
    use std::{
        os::fd::BorrowedFd,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        time::Instant,
    };

    use nix::{
        errno::Errno,
        poll::{PollFd, PollFlags, PollTimeout, poll},
    };
    use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine};

    use super::{Item, WaitSet};
    use crate::{
        control::{Control, Listener},
        fence::{Signal, wire},
    };

    /// A listener whose notification is a byte that can be read.
    struct Wire {
        signal: Signal,
        /// A byte is in the wire, or on its way: never more than one.
        rung: AtomicBool,
    }

    impl Listener for Wire {
        fn notify(&self) {
            if !self.rung.swap(true, Ordering::AcqRel) {
                let _ = self.signal.raise();
            }
        }
    }

    pub(super) fn wait(vm: &VirtualMachine, set: &WaitSet, deadline: Option<Instant>) -> PyResult<Vec<PyObjectRef>> {
        let os_error = |error: std::io::Error| vm.new_os_error(error.to_string());
        let (watched, signal) = wire().map_err(os_error)?;
        let wire = Arc::new(Wire {
            signal,
            rung: AtomicBool::new(false),
        });
        let listener: Arc<dyn Listener> = wire.clone();
        set.listen(&listener);
        let bell = Item::Descriptor(watched.descriptor().unwrap_or(-1));
        loop {
            vm.check_signals()?;
            if let Some(control) = Control::current() {
                control.make_deliveries(vm)?;
            }
            let shared_ready = !set.ready().is_empty();
            let items = set.items.iter().map(|(_, item)| item).chain([&bell]);
            let mut polled: Vec<PollFd<'_>> = items
                .filter_map(|item| match item {
                    // SAFETY: the objects are kept by `set`, so what they name stays open as far as it is up to us; a script
                    // that closes one meanwhile gets POLLNVAL, never memory that is not its own.
                    Item::Descriptor(number) if *number >= 0 => Some(PollFd::new(
                        unsafe { BorrowedFd::borrow_raw(*number) },
                        PollFlags::POLLIN,
                    )),
                    _ => None,
                })
                .collect();
            let patience = if shared_ready {
                PollTimeout::ZERO
            } else {
                remaining(deadline)
            };
            match poll(&mut polled, patience) {
                Err(Errno::EINTR) => continue,
                Err(error) => return Err(vm.new_os_error(error.to_string())),
                Ok(_) => {}
            }
            let mut answers = polled.iter().map(|one| one.any().unwrap_or(true));
            let ready: Vec<PyObjectRef> = set
                .items
                .iter()
                .filter(|(_, item)| match item {
                    Item::Descriptor(number) if *number >= 0 => answers.next().unwrap_or(false),
                    Item::Descriptor(_) => true,
                    Item::Shared(_) => item.is_ready(),
                })
                .map(|(object, _)| object.clone())
                .collect();
            if !ready.is_empty() || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Ok(ready);
            }
            if wire.rung.load(Ordering::Acquire) {
                watched.take().map_err(os_error)?;
                // Whoever comes from here on rings again; what came before is looked at again.
                wire.rung.store(false, Ordering::Release);
            }
        }
    }

    /// Rounded up, so that a wait does not end just before its time and begin again.
    fn remaining(deadline: Option<Instant>) -> PollTimeout {
        let Some(deadline) = deadline else {
            return PollTimeout::NONE;
        };
        let left = deadline.saturating_duration_since(Instant::now());
        PollTimeout::try_from(left + std::time::Duration::from_micros(999)).unwrap_or(PollTimeout::MAX)
    }
}
