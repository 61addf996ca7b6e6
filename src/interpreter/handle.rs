//! The host's handle to an interpreter.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded, unbounded};
use rustpython_vm::{VirtualMachine, vm::thread::with_current_vm};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Blueprint, Object, Stats, Task,
    address::{Address, discard},
    blueprint::Conception,
    child,
    family::{Family, Identity, Kind},
    job::Job,
    life::{self, Birth, Message, WorkSource},
    queued::{QueuedJob, prepare, prepare_within},
    run, stack,
    stats::Counters,
    stock,
    streams::Captured,
    threads,
};
use crate::{
    alloc,
    control::{Control, check_counted},
    error::{Error, Frame, Result},
    fence,
};

/// How long [`Interpreter::stack`] waits for a running script to come to a bytecode.
const STACK_PATIENCE: Duration = Duration::from_secs(2);

/// A Python interpreter on a thread of its own, with its own heap, modules, types and collector.
///
/// The handle can be cloned and used from any thread; jobs run one after another, in the order in which they were
/// given. When the last handle is dropped, the interpreter finishes the jobs that it has, runs its `atexit` functions
/// and gives its thread back.
///
/// ```
/// let py = ungil::Interpreter::new()?;
/// py.exec("def greet(name): return f'hello {name}'")?;
/// let text: String = py.call("greet", ("world",))?;
/// assert_eq!(text, "hello world");
/// # Ok::<(), ungil::Error>(())
/// ```
///
/// # Threads
/// Blocking methods must not be called from the interpreter's own thread (a host function it called): they return
/// [`Error::Reentrant`] there. Python objects never leave their thread; the compiler sees to it:
///
/// ```compile_fail,E0277
/// let py = ungil::Interpreter::new()?;
/// // error: `PyObjectRef` cannot be sent between threads safely
/// let object = py.with(|vm| vm.ctx.none())?;
/// # Ok::<(), ungil::Error>(())
/// ```
///
/// ```compile_fail,E0521
/// let py = ungil::Interpreter::new()?;
/// let mut escaped: Option<&ungil::vm::VirtualMachine> = None;
/// // error: borrowed data escapes outside of closure
/// py.with(move |vm| { escaped = Some(vm); })?;
/// # Ok::<(), ungil::Error>(())
/// ```
#[derive(Clone)]
pub struct Interpreter {
    inner: Arc<Inner>,
}

struct Inner {
    address: Address,
    family: Arc<Family>,
    counters: Arc<Counters>,
    captured: Captured,
    closed: AtomicBool,
}

impl Interpreter {
    /// Builds an interpreter on a thread of its own (an idle one where there is one) and waits until it is ready.
    pub(crate) fn from_blueprint(
        blueprint: &Arc<Blueprint>,
        name: Option<String>,
        source: Option<Box<dyn WorkSource>>,
    ) -> Result<Self> {
        let name = name.or_else(|| blueprint.name.clone()).unwrap_or_else(next_name);
        check_counted(&blueprint.limits)?;
        let conception = Conception {
            source,
            ..Conception::new(blueprint, &name, Identity::root())
        };
        let (interpreter, ready) = Self::conceive(blueprint, conception)?;
        ready
            .recv()
            .unwrap_or_else(|_| Err(interpreter.inner.address.closed()))?;
        Ok(interpreter)
    }

    /// Starts to build an interpreter on a thread of its own, and gives what tells when it is ready, or why it is not.
    pub(super) fn conceive(blueprint: &Arc<Blueprint>, conception: Conception) -> Result<(Self, Receiver<Result<()>>)> {
        let Conception {
            control,
            captured,
            identity,
            source,
            departure,
        } = conception;
        // Unbounded: dropping an object's handle must never block. Jobs in it are the host's own, one call each.
        let (mailbox, incoming) = unbounded();
        let incoming = Arc::new(incoming);
        let undelivered = Arc::downgrade(&incoming);
        let revoke = (blueprint.on_loss, control.id(), undelivered.clone());
        control.on_loss(move || {
            let (revoke, id, undelivered) = revoke;
            revoke(id);
            discard(&undelivered);
        });
        if let Some(source) = &source {
            control.on_loss(source.on_loss());
        }
        if let Some(departure) = &departure {
            control.on_loss(departure.on_loss());
        }
        let (ready, answer) = bounded(1);
        let family = identity.family.clone();
        let counters = Arc::new(Counters::default());
        let birth = Birth {
            blueprint: blueprint.clone(),
            control: control.clone(),
            mailbox: incoming,
            captured: captured.clone(),
            counters: counters.clone(),
            source,
            ready,
            identity: Arc::new(identity),
            departure,
        };
        if let Err(birth) = stock::give(birth) {
            let kind = blueprint.thread_kind();
            threads::run(kind, "ungil", Box::new(move || life::live(*birth))).map_err(|error| {
                Error::config(format!(
                    "no thread for interpreter {:?}: {error}; close some, or use a pool",
                    control.name()
                ))
            })?;
        }
        let interpreter = Self {
            inner: Arc::new(Inner {
                family,
                address: Address {
                    control,
                    mailbox,
                    undelivered,
                    counters: counters.clone(),
                },
                counters,
                captured,
                closed: AtomicBool::new(false),
            }),
        };
        Ok((interpreter, answer))
    }

    /// Puts a job into the mailbox.
    pub(crate) fn post(&self, queued: QueuedJob) {
        self.inner.address.post(queued);
    }

    pub(crate) fn control(&self) -> &Arc<Control> {
        &self.inner.address.control
    }

    /// The name that was given to the builder, or one made from a number.
    pub fn name(&self) -> &str {
        self.inner.address.name()
    }

    /// Evaluates an expression in `__main__`. `T` is any type that serde can read, [`Value`](crate::Value) included.
    ///
    /// # Errors
    /// A syntax error, what the expression raises, or a conversion error.
    pub fn eval<T>(&self, source: impl Into<Arc<str>>) -> Result<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.spawn(Task::eval(source)).wait()
    }

    /// Runs statements in `__main__`; what they define stays there.
    ///
    /// # Errors
    /// A syntax error, or what the statements raise.
    pub fn exec(&self, source: impl Into<Arc<str>>) -> Result<()> {
        self.spawn(Task::exec(source)).wait()
    }

    /// Runs a Python file in `__main__`; its folder goes to the front of `sys.path`.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; a syntax error, or what the file raises.
    pub fn run_file(&self, path: impl Into<PathBuf>) -> Result<()> {
        self.spawn(Task::file(path)).wait()
    }

    /// Calls a function of `__main__`, or `"module.name"`, which imports the module. A tuple of `args` is spread.
    ///
    /// # Errors
    /// `NameError` or `AttributeError` where there is no such function, what it raises, or a conversion error.
    pub fn call<T>(&self, name: &str, args: impl Serialize) -> Result<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.spawn(Task::call(name).args(args)).wait()
    }

    /// Calls a function, and awaits what it returns if that can be awaited, in an event loop made for it.
    ///
    /// ```
    /// let py = ungil::Interpreter::new()?;
    /// py.exec("import asyncio\nasync def work(n):\n    await asyncio.sleep(0)\n    return n + 1")?;
    /// assert_eq!(py.call_async::<i64>("work", (41,))?, 42);
    /// # Ok::<(), ungil::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Interpreter::call`].
    pub fn call_async<T>(&self, name: &str, args: impl Serialize) -> Result<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.spawn(Task::call_async(name).args(args)).wait()
    }

    /// Reads a variable of `__main__`, or `"module.name"`.
    ///
    /// # Errors
    /// `NameError` where there is none; a conversion error if it is not data.
    pub fn get<T>(&self, name: &str) -> Result<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.spawn(Task::get(name)).wait()
    }

    /// Sets a variable of `__main__`: data, or an end of a channel, or a host object.
    ///
    /// # Errors
    /// A conversion error if the value cannot cross.
    pub fn set(&self, name: &str, value: impl Serialize) -> Result<()> {
        self.spawn(Task::set(name, value)).wait()
    }

    /// Imports a module and binds it in `__main__`, as the `import` statement does.
    ///
    /// # Errors
    /// What the import raises.
    pub fn import(&self, module: &str) -> Result<()> {
        self.spawn(Task::import(module)).wait()
    }

    /// Evaluates an expression and holds its value instead of converting it: functions, classes, instances.
    ///
    /// # Errors
    /// A syntax error, or what the expression raises.
    pub fn eval_object(&self, source: impl Into<Arc<str>>) -> Result<Object> {
        self.hold(Task::eval(source))
    }

    /// Holds what a name of `__main__`, or `"module.name"`, stands for.
    ///
    /// # Errors
    /// As [`Interpreter::get`].
    pub fn get_object(&self, name: &str) -> Result<Object> {
        self.hold(Task::get(name))
    }

    /// Holds what a task gives, within the task's own limits where it has some.
    pub(crate) fn hold(&self, task: Task) -> Result<Object> {
        let address = self.inner.address.clone();
        let (queued, job) = prepare_within(task.limits.clone(), move |vm| {
            Ok(Object::hold(run::run_raw(vm, task)?, address))
        });
        self.post(queued);
        job.wait()
    }

    /// Gives the interpreter a task and returns at once.
    pub fn spawn<T>(&self, task: Task) -> Job<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        if self.is_closed() {
            return Job::ready(Err(self.inner.address.closed()));
        }
        let (queued, job) = prepare(task);
        self.inner.address.post(queued);
        job
    }

    /// Runs a closure on the interpreter's thread with the VM itself, for those who know `rustpython-vm`
    /// (re-exported as [`vm`](crate::vm)). Only what is `Send` comes out.
    ///
    /// ```
    /// let py = ungil::Interpreter::new()?;
    /// let limit = py.with(|vm| vm.recursion_limit.get())?;
    /// assert!(limit >= 1000);
    /// # Ok::<(), ungil::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the interpreter is closed, or the closure panics, which retires the interpreter.
    pub fn with<R, F>(&self, closure: F) -> Result<R>
    where
        R: Send + 'static,
        F: FnOnce(&VirtualMachine) -> R + Send + 'static,
    {
        self.spawn_with(closure).wait()
    }

    /// As [`Interpreter::with`], without waiting.
    pub fn spawn_with<R, F>(&self, closure: F) -> Job<R>
    where
        R: Send + 'static,
        F: FnOnce(&VirtualMachine) -> R + Send + 'static,
    {
        if self.is_closed() {
            return Job::ready(Err(self.inner.address.closed()));
        }
        self.inner.address.spawn(|vm| Ok(closure(vm)))
    }

    /// The Python stack of the running script, outermost call first, from any thread: to find out why it hangs.
    /// Empty when nothing runs. The script goes on; one that sleeps or waits is woken for a moment.
    ///
    /// # Errors
    /// [`Error::Unresponsive`] if the script does not come to a bytecode within two seconds.
    pub fn stack(&self) -> Result<Vec<Frame>> {
        let control = &self.inner.address.control;
        if control.is_current() {
            return Ok(with_current_vm(stack::capture));
        }
        if self.is_closed() {
            return Err(self.inner.address.closed());
        }
        let frames = self.look(stack::capture, Some(Instant::now() + STACK_PATIENCE))?;
        Ok(frames.unwrap_or_default())
    }

    /// Has `look` called on the interpreter's thread at the running script's next bytecode, also in its waits and sleeps.
    /// `None` if nothing runs, or no longer; an error if it did not happen by `give_up`.
    fn look<T, F>(&self, look: F, give_up: Option<Instant>) -> Result<Option<T>>
    where
        T: Send + 'static,
        F: FnOnce(&VirtualMachine) -> T + Send + 'static,
    {
        let control = &self.inner.address.control;
        if control.busy_for().is_none() {
            return Ok(None);
        }
        let (send, seen) = bounded(1);
        control.run_at_next_bytecode(Box::new(move |vm| {
            let _ = send.try_send(look(vm));
            Ok(())
        }));
        let mut pause = Duration::from_millis(1);
        loop {
            match seen.recv_timeout(pause) {
                Ok(seen) => return Ok(Some(seen)),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(_) if control.busy_for().is_none() => return Ok(None),
                Err(_) if give_up.is_some_and(|at| Instant::now() > at) => {
                    return Err(Error::Unresponsive {
                        interpreter: self.name().to_owned(),
                        limit: None,
                    });
                }
                // The wake-up may have come just before the system call that it should interrupt.
                Err(_) => control.kick(),
            }
            pause = (pause * 2).min(Duration::from_millis(100));
        }
    }

    /// Takes what the script wrote to stdout, if the builder asked for [`Output::Capture`](crate::Output::Capture).
    pub fn take_stdout(&self) -> Vec<u8> {
        std::mem::take(&mut self.inner.captured.stdout.lock())
    }

    /// Takes what the script wrote to stderr, if the builder asked for [`Output::Capture`](crate::Output::Capture).
    pub fn take_stderr(&self) -> Vec<u8> {
        std::mem::take(&mut self.inner.captured.stderr.lock())
    }

    /// What it has done so far.
    pub fn stats(&self) -> Stats {
        let control = &self.inner.address.control;
        let memory = alloc::is_installed().then(|| control.account().bytes());
        self.inner.counters.read(control.cpu_time(), control.busy_for(), memory)
    }

    /// True once [`Interpreter::close`] was called, or the interpreter is retired after a panic or lost.
    pub fn is_closed(&self) -> bool {
        self.inner.closed.load(Ordering::Acquire) || self.inner.address.control.is_gone()
    }

    /// Finishes the jobs that it has, flushes, runs `atexit` functions, frees everything and gives the thread back for
    /// the next interpreter; returns when that is done. Jobs given later are answered with [`Error::Closed`].
    ///
    /// # Errors
    /// [`Error::Reentrant`] on the interpreter's own thread.
    pub fn close(&self) -> Result<()> {
        let control = &self.inner.address.control;
        if control.is_current() || fence::serves(control.id()) {
            return Err(Error::Reentrant {
                interpreter: self.name().to_owned(),
            });
        }
        let (done, closed) = bounded(1);
        self.inner.closed.store(true, Ordering::Release);
        if self.inner.address.send(Message::Close(Some(done))) {
            // An error means that another close, or a panic, ended it first.
            let _ = closed.recv();
        }
        Ok(())
    }

    /// Has a running script look at its signals, also one that waits, and returns when it has; it goes on then. For a
    /// command whose process gets signals: one that comes while the script waits does not wake it by itself.
    #[doc(hidden)]
    pub fn notice_signals(&self) {
        // Without an end to its patience it cannot fail.
        let _ = self.look(|_| (), None);
    }

    /// Sends the interrupt signal to every process that a script of this interpreter has started, as a terminal does.
    #[doc(hidden)]
    pub fn interrupt_children(&self) {
        for child in self.inner.family.children() {
            if child.kind() == Kind::Process {
                child.signal(child::signal::INT);
            }
        }
    }

    /// For a command, on the interpreter's thread: a stop that has ended the program is not to disturb the report of it.
    #[doc(hidden)]
    pub fn acknowledge_stop() {
        if let Some(control) = Control::current() {
            control.acknowledge_stop();
        }
    }

    /// Wakes the interpreter so that it looks at its work source.
    pub(crate) fn nudge(&self) {
        self.inner.address.send(Message::Nudge);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if !self.closed.load(Ordering::Acquire) {
            self.address.send(Message::Close(None));
        }
    }
}

impl std::fmt::Debug for Interpreter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interpreter")
            .field("name", &self.name())
            .field("closed", &self.is_closed())
            .finish()
    }
}

fn next_name() -> String {
    use std::sync::atomic::AtomicU64;
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("interpreter-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
