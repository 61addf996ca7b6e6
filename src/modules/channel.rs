//! The ends of channels as Python objects.

use std::{any::Any, sync::Arc, time::Duration};

use rustpython_vm::{
    AsObject, FromArgs, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine, atomic_func,
    builtins::{PyBaseExceptionRef, PyGenericAlias, PyModule, PyTypeRef},
    class::PyClassImpl,
    class_or_notimplemented,
    common::hash::PyHash,
    function::{FuncArgs, PyComparisonValue},
    protocol::{PyIterReturn, PyNumberMethods, PySequenceMethods},
    pyclass,
    types::{AsNumber, AsSequence, Comparable, Hashable, IterNext, Iterable, PyComparisonOp, Representable, SelfIter},
};

use super::{held::Held, sync::call_aio, timeout::Timeout};
use crate::{
    bridge::{self, exceptions},
    channel::{Message, Obstacle, RecvEnd, SendEnd, Unsent, deadline, ends, unbounded_ends},
    control::{Waitable, wait},
    parcel::{self, Parcel},
    value::{Handle, Shared},
};

/// What `ungil.channel()` makes if it is not told.
const DEFAULT_CAPACITY: usize = 64;

/// Adds the classes and functions for channels to the native module.
pub(crate) fn init(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    module.set_attr("Sender", PySender::make_static_type(), vm)?;
    module.set_attr("Receiver", PyReceiver::make_static_type(), vm)?;
    let channel = vm.new_function("channel", make_channel);
    module.set_attr("channel", channel, vm)?;
    let release = vm.new_function("release_ends", super::held::release_mine);
    module.set_attr("release_ends", release, vm)?;
    let unbounded = vm.new_function("unbounded_channel", make_unbounded_channel);
    module.set_attr("unbounded_channel", unbounded, vm)?;
    register_faces();
    Ok(())
}

fn register_faces() {
    bridge::register_face::<PySender>(|sender| sender.held.handle(|| ends(0).0));
    bridge::register_face::<PyReceiver>(|receiver| receiver.held.handle(|| ends(0).1));
}

impl<E: Shared> Held<E> {
    fn handle(&self, or_make: fn() -> E) -> Handle {
        self.with(|end| Handle::new(end.clone()))
            .unwrap_or_else(|| Handle::new(Arc::new(or_make())))
    }
}

impl Shared for SendEnd<Message> {
    fn kind(&self) -> &'static str {
        "Sender"
    }

    fn materialize(self: Arc<Self>, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
        // The script may not have imported the module that makes the class known on this thread.
        let _class = PySender::make_static_type();
        register_faces();
        let held = Held::new(self);
        Ok(PySender { held }.into_pyobject(vm))
    }

    fn as_waitable(&self) -> Option<&dyn Waitable> {
        Some(self)
    }
}

impl Shared for RecvEnd<Message> {
    fn kind(&self) -> &'static str {
        "Receiver"
    }

    fn materialize(self: Arc<Self>, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
        let _class = PyReceiver::make_static_type();
        register_faces();
        let held = Held::new(self);
        Ok(PyReceiver { held }.into_pyobject(vm))
    }

    fn as_waitable(&self) -> Option<&dyn Waitable> {
        Some(self)
    }
}

#[derive(FromArgs)]
struct ChannelArgs {
    #[pyarg(any, default)]
    capacity: Option<usize>,
}

fn make_channel(args: ChannelArgs, vm: &VirtualMachine) -> PyResult<(PyObjectRef, PyObjectRef)> {
    let (sender, receiver) = ends(args.capacity.unwrap_or(DEFAULT_CAPACITY));
    Ok((Arc::new(sender).materialize(vm)?, Arc::new(receiver).materialize(vm)?))
}

/// For what is bounded elsewhere: nothing here makes a sender wait.
fn make_unbounded_channel(vm: &VirtualMachine) -> PyResult<(PyObjectRef, PyObjectRef)> {
    let (sender, receiver) = unbounded_ends();
    Ok((Arc::new(sender).materialize(vm)?, Arc::new(receiver).materialize(vm)?))
}

#[derive(FromArgs)]
struct SendArgs {
    #[pyarg(positional)]
    value: PyObjectRef,
    #[pyarg(flatten)]
    timeout: Timeout,
}

/// What is sent for an object: atoms as they are, so that they are no heap object on the way, and a parcel of the rest.
fn to_message(vm: &VirtualMachine, object: &PyObject) -> PyResult<Message> {
    let (class, types) = (object.class(), &vm.ctx.types);
    let atom = [
        types.int_type,
        types.str_type,
        types.float_type,
        types.none_type,
        types.bool_type,
        types.bytes_type,
    ];
    if atom.iter().any(|kind| class.is(*kind)) {
        // A str with lone surrogates is none to Rust.
        if let Ok(value) = bridge::from_python(vm, object, "value") {
            return Ok(Message::Value(value));
        }
    }
    let parcel = parcel::pack(vm, object, "value")?;
    Ok(Message::Packed(Box::new(parcel)))
}

pub(super) fn to_object(vm: &VirtualMachine, message: Message) -> PyResult {
    match message {
        Message::Value(value) => bridge::to_python(vm, value),
        Message::Packed(packed) => {
            let packed: Box<dyn Any> = packed;
            match packed.downcast::<Parcel>() {
                Ok(parcel) => parcel::unpack(vm, *parcel),
                Err(_) => Err(vm.new_system_error("the channel carried something that is not for interpreters")),
            }
        }
    }
}

fn exception(vm: &VirtualMachine, obstacle: Obstacle<PyBaseExceptionRef>, sending: bool) -> PyBaseExceptionRef {
    match (obstacle, sending) {
        (Obstacle::Interrupted(exception), _) => exception,
        (Obstacle::Closed, true) => vm.new_exception_msg(
            exceptions(vm).channel_closed,
            "the channel is closed, nothing can be sent".into(),
        ),
        (Obstacle::Closed, false) => vm.new_exception_msg(
            exceptions(vm).channel_closed,
            "the channel is closed and everything in it was received".into(),
        ),
        (Obstacle::NotNow, true) => vm.new_exception_msg(exceptions(vm).channel_full, "the channel is full".into()),
        (Obstacle::NotNow, false) => vm.new_exception_msg(exceptions(vm).channel_empty, "the channel is empty".into()),
        (Obstacle::Timeout, true) => timeout_error(vm, "the channel stayed full for the time given"),
        (Obstacle::Timeout, false) => timeout_error(vm, "nothing was sent within the time given"),
    }
}

fn timeout_error(vm: &VirtualMachine, message: &str) -> PyBaseExceptionRef {
    vm.new_exception_msg(vm.ctx.exceptions.timeout_error.to_owned(), message.into())
}

/// The sending end of a channel. Any number of objects, in any number of interpreters and in Rust, can be the same end;
/// the receiver is told that the channel is closed when the last of them is gone.
#[pyclass(module = "ungil", name = "Sender")]
#[derive(Debug, PyPayload)]
pub(crate) struct PySender {
    held: Held<SendEnd<Message>>,
}

/// The receiving end of a channel. Any number of objects, in any number of interpreters and in Rust, can be the same
/// end; each value goes to one of them. Iterating takes values until the channel is closed and empty.
#[pyclass(module = "ungil", name = "Receiver")]
#[derive(Debug, PyPayload)]
pub(crate) struct PyReceiver {
    held: Held<RecvEnd<Message>>,
}

#[pyclass(
    flags(DISALLOW_INSTANTIATION),
    with(AsNumber, AsSequence, ChannelEnd, Comparable, Hashable, Representable)
)]
impl PySender {
    /// Sends an object, as a copy, waiting for room as long as it takes, or for at most timeout seconds.
    #[pymethod]
    fn send(zelf: &Py<Self>, args: SendArgs, vm: &VirtualMachine) -> PyResult<()> {
        let timeout = args.timeout.duration(vm)?;
        // Packed whole before anything is sent: what does not cross leaves the channel as it was.
        let value = to_message(vm, &args.value)?;
        let sent = zelf.held.with(|end| send_waiting(end, value, timeout, vm));
        sent.unwrap_or(Err(Obstacle::Closed))
            .map_err(|obstacle| exception(vm, obstacle, true))
    }

    /// Sends a value if there is room now, and raises ChannelFull if there is none.
    #[pymethod]
    fn try_send(zelf: &Py<Self>, value: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        let value = to_message(vm, &value)?;
        let sent = zelf
            .held
            .with(|end| end.try_send(value).map_err(|unsent| unsent.obstacle));
        sent.unwrap_or(Err(Obstacle::Closed))
            .map_err(|obstacle| exception(vm, obstacle, true))
    }

    /// Sends an object, waiting for room in an event loop.
    #[pymethod]
    fn send_async(zelf: PyRef<Self>, value: PyObjectRef, vm: &VirtualMachine) -> PyResult {
        call_aio("send", vec![zelf.into(), value], vm)
    }
}

fn send_waiting(
    end: &SendEnd<Message>,
    value: Message,
    timeout: Option<Duration>,
    vm: &VirtualMachine,
) -> Result<(), Obstacle<PyBaseExceptionRef>> {
    let value = match end.try_send(value) {
        Ok(()) => return Ok(()),
        Err(Unsent {
            message,
            obstacle: Obstacle::NotNow,
        }) => message,
        Err(unsent) => return Err(unsent.obstacle),
    };
    let (deadline, interrupts) = (timeout.and_then(deadline), wait::interrupts());
    end.send(value, |register, take| {
        let selected = wait::select(vm, deadline, &interrupts, wait::Looked::NotYet, register, take)?;
        Ok(selected.is_some())
    })
    .map_err(|unsent| unsent.obstacle)
}

#[pyclass(
    flags(DISALLOW_INSTANTIATION),
    with(
        AsNumber,
        AsSequence,
        ChannelEnd,
        Comparable,
        Hashable,
        IterNext,
        Iterable,
        Representable
    )
)]
impl PyReceiver {
    /// Receives the next value, waiting for it as long as it takes, or for at most timeout seconds.
    #[pymethod]
    fn recv(zelf: &Py<Self>, timeout: Timeout, vm: &VirtualMachine) -> PyResult {
        let timeout = timeout.duration(vm)?;
        let value = zelf
            .wait_for_value(timeout, vm)
            .map_err(|obstacle| exception(vm, obstacle, false))?;
        to_object(vm, value)
    }

    /// Receives a value if one is there now, and raises ChannelEmpty if there is none.
    #[pymethod]
    fn try_recv(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        let received = zelf.held.with(|end| end.try_recv());
        let value = received
            .unwrap_or(Err(Obstacle::Closed))
            .map_err(|obstacle| exception(vm, obstacle, false))?;
        to_object(vm, value)
    }

    /// Receives the next value, waiting for it in an event loop. A wait that is cancelled loses no value.
    #[pymethod]
    fn recv_async(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult {
        call_aio("recv", vec![zelf.into()], vm)
    }

    #[pymethod]
    fn __aiter__(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult {
        call_aio("iterate", vec![zelf.into()], vm)
    }

    fn wait_for_value(
        &self,
        timeout: Option<Duration>,
        vm: &VirtualMachine,
    ) -> Result<Message, Obstacle<PyBaseExceptionRef>> {
        let received = self.held.with(|end| recv_waiting(end, timeout, vm));
        received.unwrap_or(Err(Obstacle::Closed))
    }
}

fn recv_waiting(
    end: &RecvEnd<Message>,
    timeout: Option<Duration>,
    vm: &VirtualMachine,
) -> Result<Message, Obstacle<PyBaseExceptionRef>> {
    match end.try_recv() {
        Err(Obstacle::NotNow) => {}
        decided => return decided,
    }
    let (deadline, interrupts) = (timeout.and_then(deadline), wait::interrupts());
    end.recv(|register, take| {
        let selected = wait::select(vm, deadline, &interrupts, wait::Looked::Already, register, take)?;
        Ok(selected.is_some())
    })
}

impl SelfIter for PyReceiver {}

impl IterNext for PyReceiver {
    fn next(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyIterReturn> {
        match zelf.wait_for_value(None, vm) {
            Ok(value) => to_object(vm, value).map(PyIterReturn::Return),
            Err(Obstacle::Closed) => Ok(PyIterReturn::StopIteration(None)),
            Err(obstacle) => Err(exception(vm, obstacle, false)),
        }
    }
}

/// What both ends can do.
#[pyclass]
trait ChannelEnd: PyPayload + std::fmt::Debug {
    fn end_close(&self);
    fn end_is_closed(&self) -> bool;
    fn end_len(&self) -> usize;
    fn end_capacity(&self) -> usize;
    /// The same for all objects that are this end.
    fn end_address(&self) -> usize;

    /// Closes the channel for everyone. What is in it can still be received; senders get ChannelClosed.
    #[pymethod]
    fn close(zelf: &Py<Self>) {
        zelf.end_close();
    }

    /// True once the channel was closed, or nobody holds one of its ends any more. Values may be left in it.
    #[pygetset]
    fn closed(zelf: &Py<Self>) -> bool {
        zelf.end_is_closed()
    }

    /// How many values the channel holds at most; None if it never makes a sender wait.
    #[pygetset]
    fn capacity(zelf: &Py<Self>) -> Option<usize> {
        Some(zelf.end_capacity()).filter(|capacity| *capacity != usize::MAX)
    }

    #[pymethod]
    fn __enter__(zelf: PyRef<Self>) -> PyRef<Self> {
        zelf
    }

    /// Closes the channel.
    #[pymethod]
    fn __exit__(zelf: &Py<Self>, _args: FuncArgs) {
        zelf.end_close();
    }

    #[pyclassmethod]
    fn __class_getitem__(class: PyTypeRef, args: PyObjectRef, vm: &VirtualMachine) -> PyResult<PyGenericAlias> {
        PyGenericAlias::from_args(class, args, vm)
    }

    #[pymethod]
    fn __reduce__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        let name = zelf.class().name().to_string();
        Err(vm.new_type_error(format!(
            "cannot pickle {name:?} objects; send them through a channel as they are"
        )))
    }
}

macro_rules! channel_end {
    ($face:ident) => {
        impl ChannelEnd for $face {
            fn end_close(&self) {
                self.held.with(|end| end.close());
            }

            fn end_is_closed(&self) -> bool {
                self.held.with(|end| end.is_closed()).unwrap_or(true)
            }

            fn end_len(&self) -> usize {
                self.held.with(|end| end.len()).unwrap_or(0)
            }

            fn end_capacity(&self) -> usize {
                self.held.with(|end| end.capacity()).unwrap_or(0)
            }

            fn end_address(&self) -> usize {
                self.held.with(|end| Arc::as_ptr(end).addr()).unwrap_or(0)
            }
        }

        impl AsNumber for $face {
            fn as_number() -> &'static PyNumberMethods {
                // An end is true although its length may be 0.
                static METHODS: PyNumberMethods = PyNumberMethods {
                    boolean: Some(|_, _| Ok(true)),
                    ..PyNumberMethods::NOT_IMPLEMENTED
                };
                &METHODS
            }
        }

        impl AsSequence for $face {
            fn as_sequence() -> &'static PySequenceMethods {
                static METHODS: PySequenceMethods = PySequenceMethods {
                    length: atomic_func!(|end, _| Ok($face::sequence_downcast(end).end_len())),
                    ..PySequenceMethods::NOT_IMPLEMENTED
                };
                &METHODS
            }
        }

        impl Comparable for $face {
            fn cmp(
                zelf: &Py<Self>,
                other: &PyObject,
                op: PyComparisonOp,
                _vm: &VirtualMachine,
            ) -> PyResult<PyComparisonValue> {
                op.eq_only(|| {
                    let other = class_or_notimplemented!(Self, other);
                    Ok((zelf.end_address() == other.end_address()).into())
                })
            }
        }

        impl Hashable for $face {
            fn hash(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<PyHash> {
                Ok(zelf.end_address() as PyHash)
            }
        }

        impl Representable for $face {
            fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
                let (name, len, capacity) = (
                    zelf.class().name().to_string(),
                    zelf.end_len(),
                    zelf.end_capacity(),
                );
                let state = if zelf.end_is_closed() { "closed" } else { "open" };
                Ok(match capacity {
                    usize::MAX => format!("<ungil.{name} {state}, {len}>"),
                    capacity => format!("<ungil.{name} {state}, {len} of {capacity}>"),
                })
            }
        }
    };
}
channel_end!(PySender);
channel_end!(PyReceiver);
