//! Where a script's standard streams lead.

use std::{
    cell::Cell,
    fmt,
    io::{BufRead, Write},
    sync::Arc,
};

use parking_lot::Mutex;
use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine, function::ArgBytesLike};

use super::closure::closure;
use crate::{
    bridge::Exceptions,
    control::{Control, in_host},
    fence::{self, HostOwned},
};

thread_local! {
    /// Whether everything that is written goes by way of this crate.
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
        Input::Inherit if fence::is_inside() => {
            // The process's stdin is not among the thread's descriptors.
            let read = closure(vm, "read", |(most,): (usize,), vm| -> PyResult<_> {
                let read = fence::call(vm, move || read_stdin(most))?;
                let bytes = read.map_err(|error| vm.new_os_error(error.to_string()))?;
                Ok(vm.ctx.new_bytes(bytes))
            });
            replace(vm, "stdin", "open_host_input", vec![read])?;
            None
        }
        Input::Inherit => None,
        Input::Empty => Some(&[]),
        Input::Bytes(bytes) => Some(bytes),
    };
    if let Some(bytes) = bytes {
        let data = vm.ctx.new_bytes(bytes.to_vec());
        replace(vm, "stdin", "open_input", vec![data.into()])?;
    }
    let by_us = |output: &Output| count || fence::is_inside() || !matches!(output, Output::Inherit);
    COUNTED.set(by_us(stdout) && by_us(stderr));
    // As with any stream of a script, an error is the reader's to notice.
    let to_stdout = Output::callback(|bytes| {
        let mut stdout = std::io::stdout();
        let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
    });
    let to_stderr = Output::callback(|bytes| {
        let _ = std::io::stderr().write_all(bytes);
    });
    for (name, opener, output, inherit, captured, descriptor) in [
        ("stdout", "open_output", stdout, to_stdout, &captured.stdout, 1),
        ("stderr", "open_errors", stderr, to_stderr, &captured.stderr, 2),
    ] {
        let is_own = matches!(output, Output::Inherit) && !fence::is_inside();
        if let Some(write) = writer(vm, output, inherit, captured, count) {
            let descriptor = is_own.then(|| vm.ctx.new_int(descriptor).into());
            replace(vm, name, opener, [write].into_iter().chain(descriptor).collect())?;
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

fn read_stdin(most: usize) -> std::io::Result<Vec<u8>> {
    let mut stdin = std::io::stdin().lock();
    let available = stdin.fill_buf()?;
    let bytes = available[..available.len().min(most)].to_vec();
    stdin.consume(bytes.len());
    Ok(bytes)
}

/// A Python callable that takes bytes to where `output` says; `None` to leave the stream as it is. `inherit` writes to
/// the process's own stream, for a thread that does not have it, or with `count`.
fn writer(
    vm: &VirtualMachine,
    output: &Output,
    inherit: Output,
    captured: &Arc<Mutex<Vec<u8>>>,
    count: bool,
) -> Option<PyObjectRef> {
    let write: WriteBytes = match output {
        Output::Inherit if count || fence::is_inside() => {
            return writer(vm, &inherit, Output::Discard, captured, count);
        }
        Output::Inherit => return None,
        Output::Discard => Arc::new(|_| {}),
        Output::Capture => {
            let captured = captured.clone();
            Arc::new(move |bytes| captured.lock().extend_from_slice(bytes))
        }
        Output::Callback(write) if fence::is_inside() => {
            let write = HostOwned::new(write.clone());
            return Some(closure(vm, "write", move |(data,): (ArgBytesLike,), vm| {
                spend(vm, data.len())?;
                let bytes = data.with_ref(<[u8]>::to_vec);
                let write = write.clone();
                in_host(|| fence::call(vm, move || write(&bytes))).map(|()| data.len())
            }));
        }
        Output::Callback(write) => write.clone(),
    };
    Some(closure(vm, "write", move |(data,): (ArgBytesLike,), vm| {
        spend(vm, data.len())?;
        data.with_ref(|bytes| in_host(|| write(bytes)));
        PyResult::Ok(data.len())
    }))
}

/// Counts what is about to be written.
fn spend(vm: &VirtualMachine, bytes: usize) -> PyResult<()> {
    match Control::current().map_or(Ok(()), |control| control.spend_output(bytes)) {
        Ok(()) => Ok(()),
        Err(reason) => Err(Exceptions::make_stop(vm, reason)),
    }
}

/// Whether what scripts of this thread's interpreter write is counted.
pub(super) fn are_counted() -> bool {
    COUNTED.get()
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
