//! Where a script's standard streams lead.

use std::{
    cell::Cell,
    fmt,
    io::{self, Write},
    sync::Arc,
};

use parking_lot::Mutex;
use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine, function::ArgBytesLike};

use super::closure::closure;
use crate::{
    bridge::Exceptions,
    control::{Control, in_host},
};

thread_local! {
    static COUNTED: Cell<bool> = const { Cell::new(false) };
}

/// A function of the host that takes what a script writes.
type WriteBytes = Arc<dyn Fn(&[u8]) + Send + Sync>;

/// Where stdout or stderr of an interpreter goes.
///
/// What a job printed is there when the job is reported as done. Writes to file descriptors 1 and 2 themselves
/// (`os.write(1, …)`, the output of programs that a script starts) go to the process's streams whatever is set here.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Output {
    /// To the process's own stream. The default.
    #[default]
    Inherit,
    /// Nowhere.
    Discard,
    /// Kept in memory, for [`Interpreter::take_stdout`](crate::Interpreter::take_stdout) and
    /// [`take_stderr`](crate::Interpreter::take_stderr).
    Capture,
    /// To a function, line by line or in larger pieces; see [`Output::callback`].
    Callback(WriteBytes),
}

impl Output {
    /// Calls `write` with the bytes that the script writes. It runs on the interpreter's thread, so it should be quick,
    /// and it must not call the same interpreter.
    ///
    /// ```
    /// use ungil::{Interpreter, Output};
    /// let (tx, rx) = std::sync::mpsc::channel();
    /// let py = Interpreter::builder()
    ///     .stdout(Output::callback(move |bytes| tx.send(bytes.to_vec()).unwrap()))
    ///     .build()?;
    /// py.exec("print('hello')")?;
    /// assert_eq!(rx.recv().unwrap(), b"hello\n");
    /// # Ok::<(), ungil::Error>(())
    /// ```
    pub fn callback(write: impl Fn(&[u8]) + Send + Sync + 'static) -> Self {
        Self::Callback(Arc::new(write))
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inherit => "Inherit",
            Self::Discard => "Discard",
            Self::Capture => "Capture",
            Self::Callback(_) => "Callback",
        })
    }
}

/// What a script reads from stdin.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Input {
    /// The process's own stdin. The default.
    #[default]
    Inherit,
    /// Nothing: the end of the file at once.
    Empty,
    /// These bytes, then the end of the file.
    Bytes(Arc<[u8]>),
}

impl Input {
    /// These bytes, then the end of the file.
    pub fn bytes(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::Bytes(bytes.into())
    }
}

/// What was captured and not yet taken.
#[derive(Clone, Default)]
pub(super) struct Captured {
    pub(super) stdout: Arc<Mutex<Vec<u8>>>,
    pub(super) stderr: Arc<Mutex<Vec<u8>>>,
}

/// Replaces `sys.stdin`, `sys.stdout` and `sys.stderr` where they do not lead to the process's own; with `count` also
/// where they do.
pub(super) fn install(
    vm: &VirtualMachine,
    stdin: &Input,
    stdout: &Output,
    stderr: &Output,
    captured: &Captured,
    count: bool,
) -> PyResult<()> {
    let bytes: Option<&[u8]> = match stdin {
        Input::Inherit => None,
        Input::Empty => Some(&[]),
        Input::Bytes(bytes) => Some(bytes),
    };
    if let Some(bytes) = bytes {
        let data = vm.ctx.new_bytes(bytes.to_vec());
        replace(vm, "stdin", "open_input", vec![data.into()])?;
    }
    let counts = |output: &Output| count || !matches!(output, Output::Inherit);
    COUNTED.set(counts(stdout) && counts(stderr));
    let to_stdout = |bytes: &[u8]| {
        let mut stream = io::stdout().lock();
        stream.write_all(bytes).and_then(|()| stream.flush())
    };
    for (name, opener, output, captured, own) in [
        (
            "stdout",
            "open_output",
            stdout,
            &captured.stdout,
            inherited(1, to_stdout),
        ),
        (
            "stderr",
            "open_errors",
            stderr,
            &captured.stderr,
            inherited(2, |bytes| io::stderr().lock().write_all(bytes)),
        ),
    ] {
        match output {
            Output::Inherit if count => {
                let (descriptor, output) = own;
                let write = writer(vm, &output, captured);
                let descriptor = vm.ctx.new_int(descriptor).into();
                replace(vm, name, opener, write.into_iter().chain([descriptor]).collect())?;
            }
            _ => {
                if let Some(write) = writer(vm, output, captured) {
                    replace(vm, name, opener, vec![write])?;
                }
            }
        }
    }
    Ok(())
}

fn replace(vm: &VirtualMachine, name: &'static str, opener: &'static str, args: Vec<PyObjectRef>) -> PyResult<()> {
    let streams = vm.import("_ungil_streams", 0)?;
    let stream = streams.get_attr(opener, vm)?.call(args, vm)?;
    vm.sys_module.set_attr(name, stream.clone(), vm)?;
    let original = vm.ctx.intern_str(format!("__{name}__"));
    vm.sys_module.set_attr(original, stream, vm)
}

/// A Python callable that takes bytes to where `output` says; `None` to leave the stream as it is.
fn writer(vm: &VirtualMachine, output: &Output, captured: &Arc<Mutex<Vec<u8>>>) -> Option<PyObjectRef> {
    let write: WriteBytes = match output {
        Output::Inherit => return None,
        Output::Discard => Arc::new(|_| {}),
        Output::Capture => {
            let captured = captured.clone();
            Arc::new(move |bytes| captured.lock().extend_from_slice(bytes))
        }
        Output::Callback(write) => write.clone(),
    };
    Some(closure(
        vm,
        "write",
        move |(data,): (ArgBytesLike,), vm| -> PyResult<usize> {
            if let Some(control) = Control::current()
                && let Err(reason) = control.spend_output(data.len())
            {
                return Err(Exceptions::make_stop(vm, reason));
            }
            data.with_ref(|bytes| in_host(|| write(bytes)));
            Ok(data.len())
        },
    ))
}

/// Whether what scripts of this thread's interpreter write is counted.
pub(super) fn are_counted() -> bool {
    COUNTED.get()
}

/// The process's own stream of that descriptor, by way of this crate.
fn inherited(descriptor: i32, stream: impl Fn(&[u8]) -> io::Result<()> + Send + Sync + 'static) -> (i32, Output) {
    let output = Output::callback(move |bytes| {
        // A host whose stream is closed has nowhere to be told.
        let _ = stream(bytes);
    });
    (descriptor, output)
}

/// Brings what was printed to where it goes. A stream that fails is left to the script's own next write.
pub(super) fn flush(vm: &VirtualMachine) {
    for name in ["stdout", "stderr"] {
        if let Ok(stream) = vm.sys_module.get_attr(name, vm)
            && !vm.is_none(&stream)
        {
            let _ = vm.call_method(&stream, "flush", ());
        }
    }
}
