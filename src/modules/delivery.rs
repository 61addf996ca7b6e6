//! Handlers that run on an interpreter's own thread when something arrives: no thread is needed to wait for it.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use rustpython_vm::{
    AsObject, FromArgs, Py, PyObjectRef, PyPayload, PyRef, PyResult, PyWeakRef, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyModule, PyType},
    class::PyClassImpl,
    object::{Traverse, TraverseFn},
    pyclass,
    types::Constructor,
};

use super::channel;
use crate::{
    bridge,
    channel::{Message, Obstacle, RecvEnd, SendEnd, unbounded_ends},
    control::{Control, Listener, Waitable},
    value::{Handle, Shared},
};

/// Adds what concerns deliveries to the native module.
pub(super) fn init(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    module.set_attr("Inbox", PyInbox::make_static_type(), vm)?;
    let _class = PyWatch::make_static_type();
    bridge::register_face::<PyInbox>(|inbox| Handle::new(inbox.receiver.clone()));
    module.set_attr("when_ready", vm.new_function("when_ready", when_ready), vm)
}

/// Lets go of the handlers of the interpreter on this thread, which is ending and can still free objects.
pub(super) fn release() {
    drop(close_all());
}

/// The same for one that has ended in whatever way: its objects are not touched any more.
pub(super) fn retire() {
    std::mem::forget(close_all());
}

fn close_all() -> HashMap<u64, Recipient> {
    let recipients = RECIPIENTS.take();
    for recipient in recipients.values() {
        if let Recipient::Inbox { receiver, .. } = recipient {
            close(receiver);
        }
    }
    recipients
}

/// Senders are told, and what nobody will handle lets go of what it carries.
fn close(receiver: &RecvEnd<Message>) {
    receiver.close();
    while receiver.try_recv::<()>().is_ok() {}
}

thread_local! {
    /// Who gets the deliveries of this thread's interpreter.
    static RECIPIENTS: RefCell<HashMap<u64, Recipient>> = RefCell::default();
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

enum Recipient {
    Inbox {
        /// Weak: an inbox that nobody refers to needs no handler any more.
        object: PyWeakRef<PyInbox>,
        /// Closed with the interpreter, also when the object is never freed.
        receiver: Arc<RecvEnd<Message>>,
    },
    Watch(PyRef<PyWatch>),
}

fn next_recipient() -> u64 {
    NEXT.set(NEXT.get() + 1);
    NEXT.get()
}

/// Leaves a delivery for a recipient, unless one is there already.
struct Doorbell {
    control: Arc<Control>,
    recipient: u64,
    rung: Arc<AtomicBool>,
    /// For how many nanoseconds what comes waits for more.
    gathering: Arc<AtomicU64>,
}

impl Doorbell {
    fn hang(vm: &VirtualMachine, recipient: u64, gathering: &Arc<AtomicU64>) -> PyResult<Arc<dyn Listener>> {
        let control = Control::current().ok_or_else(|| vm.new_runtime_error("this interpreter is being built"))?;
        Ok(Arc::new(Self {
            control,
            recipient,
            rung: Arc::default(),
            gathering: gathering.clone(),
        }))
    }
}

impl Listener for Doorbell {
    fn notify(&self) {
        if self.rung.swap(true, Ordering::SeqCst) {
            return;
        }
        let (rung, recipient) = (self.rung.clone(), self.recipient);
        let delivery = Box::new(move |vm: &VirtualMachine| {
            // Before the look: what comes after it rings again.
            rung.store(false, Ordering::SeqCst);
            serve(vm, recipient)
        });
        match self.gathering.load(Ordering::SeqCst) {
            0 => self.control.deliver(delivery),
            delay => self.control.deliver_after(Duration::from_nanos(delay), delivery),
        }
    }
}

fn serve(vm: &VirtualMachine, recipient: u64) -> PyResult<()> {
    enum Found {
        Inbox(PyRef<PyInbox>),
        Watch(PyRef<PyWatch>),
    }
    let found = RECIPIENTS.with_borrow(|all| match all.get(&recipient) {
        Some(Recipient::Inbox { object, .. }) => object.upgrade().map(Found::Inbox),
        Some(Recipient::Watch(watch)) => Some(Found::Watch(watch.clone())),
        None => None,
    });
    match found {
        Some(Found::Inbox(inbox)) => inbox.handle_all(vm).map(drop),
        Some(Found::Watch(watch)) => watch.look(vm),
        None => Ok(()),
    }
}

/// What a handler raised is reported as what a destructor raises is; what stops the script goes on to stop it.
fn report(vm: &VirtualMachine, exception: PyBaseExceptionRef, handler: &PyObjectRef) -> PyResult<()> {
    if !exception.fast_isinstance(vm.ctx.exceptions.exception_type) {
        return Err(exception);
    }
    vm.run_unraisable(exception, None, handler.clone());
    Ok(())
}

/// A channel whose messages are handled where it was made. The handler is called with each message, on the thread of the
/// interpreter that made the inbox: while it waits in a lock, a channel, a join or the like, or between two instructions
/// when it holds no lock.
#[pyclass(module = "ungil", name = "Inbox", traverse = "manual")]
#[derive(PyPayload)]
pub(super) struct PyInbox {
    handler: PyObjectRef,
    sender: RefCell<Option<Arc<SendEnd<Message>>>>,
    receiver: Arc<RecvEnd<Message>>,
    recipient: u64,
    gathering: Arc<AtomicU64>,
    _doorbell: Arc<dyn Listener>,
}

// SAFETY: the handler is the only Python object that an inbox owns.
unsafe impl Traverse for PyInbox {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.handler.traverse(visit);
    }
}

impl std::fmt::Debug for PyInbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}

#[derive(FromArgs)]
pub(super) struct InboxArgs {
    #[pyarg(any)]
    handler: PyObjectRef,
}

impl Constructor for PyInbox {
    type Args = InboxArgs;

    fn py_new(_class: &Py<PyType>, args: Self::Args, vm: &VirtualMachine) -> PyResult<Self> {
        if !args.handler.is_callable() {
            return Err(vm.new_type_error("an inbox needs something callable to handle its messages"));
        }
        let recipient = next_recipient();
        let (sender, receiver) = unbounded_ends();
        let gathering = Arc::default();
        let doorbell = Doorbell::hang(vm, recipient, &gathering)?;
        receiver.listeners().add(&doorbell);
        Ok(Self {
            handler: args.handler,
            sender: RefCell::new(Some(Arc::new(sender))),
            receiver: Arc::new(receiver),
            recipient,
            gathering,
            _doorbell: doorbell,
        })
    }

    fn slot_new(
        class: rustpython_vm::builtins::PyTypeRef,
        args: rustpython_vm::function::FuncArgs,
        vm: &VirtualMachine,
    ) -> PyResult {
        let args = args.bind(vm)?;
        let inbox = Self::py_new(&class, args, vm)?.into_ref_with_type(vm, class)?;
        let weak = inbox.downgrade(None, vm)?;
        let recipient = Recipient::Inbox {
            object: weak,
            receiver: inbox.receiver.clone(),
        };
        RECIPIENTS.with_borrow_mut(|all| all.insert(inbox.recipient, recipient));
        Ok(inbox.into())
    }
}

#[pyclass(with(Constructor), flags(HAS_WEAKREF))]
impl PyInbox {
    /// The end to send to it; it can cross to any interpreter.
    #[pygetset]
    fn sender(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        match &*zelf.sender.borrow() {
            Some(sender) => sender.clone().materialize(vm),
            None => Err(vm.new_value_error("the inbox is closed")),
        }
    }

    /// Handles what is there now, and returns how many messages that were.
    #[pymethod]
    fn pump(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<usize> {
        zelf.handle_all(vm)
    }

    /// From here on what comes waits for more for that many seconds, at most a tenth, and all is handled together: to be
    /// interrupted for each message can take longer than to handle it. 0, as it is at first, handles each at once.
    #[pymethod]
    fn gather(zelf: &Py<Self>, seconds: f64, vm: &VirtualMachine) -> PyResult<()> {
        if !(0.0..=0.1).contains(&seconds) {
            return Err(vm.new_value_error("messages can wait for 0 to 0.1 seconds"));
        }
        zelf.gathering.store((seconds * 1e9) as u64, Ordering::SeqCst);
        Ok(())
    }

    /// Closes it: senders get ChannelClosed, and what was not handled is dropped.
    #[pymethod]
    fn close(zelf: &Py<Self>) {
        RECIPIENTS.with_borrow_mut(|all| all.remove(&zelf.recipient));
        zelf.sender.take();
        close(&zelf.receiver);
    }
}

impl PyInbox {
    fn handle_all(&self, vm: &VirtualMachine) -> PyResult<usize> {
        let mut handled = 0;
        loop {
            let message = match self.receiver.try_recv::<()>() {
                Ok(message) => message,
                Err(Obstacle::Closed | _) => return Ok(handled),
            };
            handled += 1;
            let outcome = channel::to_object(vm, message).and_then(|object| self.handler.call((object,), vm));
            if let Err(exception) = outcome {
                report(vm, exception, &self.handler)?;
            }
        }
    }
}

impl Drop for PyInbox {
    fn drop(&mut self) {
        let recipient = self.recipient;
        // The table may be the one that is dropping it.
        let _ = RECIPIENTS.try_with(|all| all.try_borrow_mut().map(|mut all| all.remove(&recipient)));
    }
}

/// A callback that waits for something to become ready; see `when_ready`.
#[pyclass(module = "ungil", name = "Watch", traverse = "manual")]
#[derive(PyPayload)]
pub(super) struct PyWatch {
    callback: PyObjectRef,
    handle: Handle,
    recipient: u64,
    _doorbell: Arc<dyn Listener>,
}

// SAFETY: the callback is the only Python object that a watch owns.
unsafe impl Traverse for PyWatch {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.callback.traverse(visit);
    }
}

impl std::fmt::Debug for PyWatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

#[pyclass(flags(DISALLOW_INSTANTIATION))]
impl PyWatch {
    /// The callback will not be called any more; False if it was called already.
    #[pymethod]
    fn cancel(zelf: &Py<Self>) -> bool {
        let removed = RECIPIENTS.with_borrow_mut(|all| all.remove(&zelf.recipient));
        removed.is_some()
    }
}

impl PyWatch {
    fn look(&self, vm: &VirtualMachine) -> PyResult<()> {
        if !self.handle.as_waitable().is_some_and(Waitable::is_ready) {
            return Ok(());
        }
        let removed = RECIPIENTS.with_borrow_mut(|all| all.remove(&self.recipient));
        if removed.is_none() {
            return Ok(());
        }
        self.callback
            .call((), vm)
            .map(drop)
            .or_else(|exception| report(vm, exception, &self.callback))
    }
}

/// Calls callback() once when the object is ready, on this interpreter's thread; see Inbox for when that is.
fn when_ready(object: PyObjectRef, callback: PyObjectRef, vm: &VirtualMachine) -> PyResult<PyRef<PyWatch>> {
    let handle = super::select::waitable(vm, &object)?;
    let recipient = next_recipient();
    let doorbell = Doorbell::hang(vm, recipient, &Arc::default())?;
    let watch = PyWatch {
        callback,
        handle: handle.clone(),
        recipient,
        _doorbell: doorbell.clone(),
    };
    let watch = watch.into_ref(&vm.ctx);
    RECIPIENTS.with_borrow_mut(|all| all.insert(recipient, Recipient::Watch(watch.clone())));
    if let Some(waitable) = handle.as_waitable() {
        waitable.listeners().add(&doorbell);
        if waitable.is_ready() {
            doorbell.notify();
        }
    }
    Ok(watch)
}
