//! Signals of the process, and how they reach the one interpreter that the process is there for.
//!
//! Every thread but the interpreter's blocks them, so the kernel delivers them there, which is what ends a system call
//! that Python is in. Three things the VM's own handlers do not do are done by a handler put in front of them:
//!
//! - A wait for a channel or a lock is no system call that ends early. The handler wakes a thread of ours, and that
//!   tells the interpreter to look at its signals.
//! - A second SIGINT ends the process, even if the script does not listen. A script that installs a handler of its own
//!   listens, and gets them all.
//! - A signal that another thread gets after all is sent on to the interpreter's.

use std::{
    ptr,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering},
    },
    thread,
};

use crossbeam_channel::bounded;
use libc::{c_int, sigaction};
use nix::{
    errno::Errno,
    sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask},
};
use ungil::{
    Error, Interpreter,
    vm::{AsObject, PyObjectRef, PyResult, VirtualMachine},
};

/// Signals that a thread brings upon itself; blocking them makes crashes worse.
const SYNCHRONOUS: [Signal; 7] = [
    Signal::SIGSEGV,
    Signal::SIGBUS,
    Signal::SIGFPE,
    Signal::SIGILL,
    Signal::SIGTRAP,
    Signal::SIGABRT,
    Signal::SIGSYS,
];

/// Wakes our thread. The library wakes interpreters with the same one, so no script gives it another meaning.
const WAKE: Signal = Signal::SIGURG;

/// A count from which no number of signals gets to two.
const UNCOUNTED: i32 = i32::MIN / 2;

/// One more than the highest signal number anywhere.
const SIGNALS: usize = 128;

/// The interpreter's thread, as a `pthread_t`; 0 before there is one.
static INTERPRETER: AtomicUsize = AtomicUsize::new(0);
/// The thread that passes wake-ups on; 0 if there is none, as in a forked child.
static WATCHER: AtomicUsize = AtomicUsize::new(0);
/// Whether a SIGINT came that the script's child processes have not been told of.
static FOR_CHILDREN: AtomicBool = AtomicBool::new(false);
/// How many SIGINT came since counting began.
static INTERRUPTS: AtomicI32 = AtomicI32::new(0);
/// Whether SIGINT has Python's own handler, so that a second one ends the process.
static SECOND_ENDS: AtomicBool = AtomicBool::new(false);
/// The VM's handler of each signal, which ours calls.
static CHAINED: [AtomicUsize; SIGNALS] = [const { AtomicUsize::new(0) }; SIGNALS];

/// How the process was when it was started.
struct Inherited {
    mask: SigSet,
    ignores_interrupts: bool,
    /// Rust's own, which tell of a stack overflow.
    on_crash: [(c_int, sigaction); 2],
}

static INHERITED: OnceLock<Inherited> = OnceLock::new();

/// Blocks signals in the calling thread and so in all that it starts. Call it before there are any.
pub(super) fn prepare_process() {
    let mut blocked = SigSet::all();
    for signal in SYNCHRONOUS {
        blocked.remove(signal);
    }
    let mask = blocked
        .thread_swap_mask(SigmaskHow::SIG_BLOCK)
        .unwrap_or_else(|_| SigSet::empty());
    let inherited = Inherited {
        mask,
        ignores_interrupts: action(libc::SIGINT).sa_sigaction == libc::SIG_IGN,
        on_crash: [libc::SIGSEGV, libc::SIGBUS].map(|number| (number, action(number))),
    };
    let _ = INHERITED.set(inherited);
    // SAFETY: the function is async-signal-safe, which is what one that runs after fork() must be.
    unsafe { libc::pthread_atfork(None, None, Some(in_forked_child)) };
}

/// A program started by another interpreter of the process would begin with every signal blocked, deaf even to SIGTERM.
extern "C" fn in_forked_child() {
    WATCHER.store(0, Ordering::SeqCst);
    if let Some(inherited) = INHERITED.get()
        && !is_interpreter()
    {
        let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&inherited.mask), None);
    }
}

/// Puts our handler in front of the VM's, now and whenever the script installs one.
pub(super) fn attach(interpreter: &Interpreter) -> Result<(), Error> {
    let (send, thread) = bounded(1);
    let woken = interpreter.clone();
    let watch = move || {
        let mut set = SigSet::empty();
        set.add(WAKE);
        let _ = send.send(current_thread());
        // It inherited a mask that blocks the signal, as waiting for it demands.
        while set.wait().is_ok() {
            // To a terminal they would be of the same process group, which all gets its Ctrl-C.
            if FOR_CHILDREN.swap(false, Ordering::SeqCst) {
                woken.interrupt_children();
            }
            woken.notice_signals();
        }
    };
    // Without it, only waits in our own library go on until something else ends them.
    if thread::Builder::new().name("ungil-signals".into()).spawn(watch).is_ok()
        && let Ok(watcher) = thread.recv()
    {
        WATCHER.store(watcher, Ordering::SeqCst);
    }
    mend_handlers();
    interpreter.with(|vm| {
        INTERPRETER.store(current_thread(), Ordering::SeqCst);
        if let Err(exception) = watch_handlers(vm) {
            vm.print_exception(&exception);
        }
    })
}

/// To learn each signal's handler the VM sets another and puts the first back, by a call that knows no flags. Two kinds of
/// handler need them: that of the wake-up must end system calls, and Rust's are of another form and on another stack.
fn mend_handlers() {
    let mut wake = action(WAKE as c_int);
    wake.sa_flags &= !libc::SA_RESTART;
    // SAFETY: the handler that is in force stays.
    unsafe { libc::sigaction(WAKE as c_int, &wake, ptr::null_mut()) };
    for (number, handler) in INHERITED.get().iter().flat_map(|inherited| &inherited.on_crash) {
        // SAFETY: these were in force before the VM was built.
        unsafe { libc::sigaction(*number, handler, ptr::null_mut()) };
    }
}

fn watch_handlers(vm: &VirtualMachine) -> PyResult<()> {
    let module = vm.import("_signal", 0)?;
    let original = module.get_attr("signal", vm)?;
    let default = module.get_attr("default_int_handler", vm)?;
    let install = move |number: PyObjectRef, handler: PyObjectRef, vm: &VirtualMachine| -> PyResult {
        let is_default = handler.is(&default);
        let old = original.call((number.clone(), handler), vm)?;
        if let Ok(number) = number.try_to_value::<c_int>(vm) {
            if number == libc::SIGINT {
                SECOND_ENDS.store(is_default, Ordering::SeqCst);
            }
            step_in_front(number);
        }
        Ok(old)
    };
    let install: PyObjectRef = vm.new_function("signal", install).into();
    module.set_attr("signal", install.clone(), vm)?;
    // Whoever starts a program with SIGINT ignored, such as a shell that puts it into the background, means it.
    let first = if INHERITED.get().is_some_and(|inherited| inherited.ignores_interrupts) {
        module.get_attr("SIG_IGN", vm)?
    } else {
        module.get_attr("default_int_handler", vm)?
    };
    install.call((libc::SIGINT, first), vm)?;
    Ok(())
}

/// Makes ours the handler of a signal, with the one that is there behind it.
fn step_in_front(number: c_int) {
    let mut action = action(number);
    let handler = action.sa_sigaction;
    let ours = on_signal as extern "C" fn(c_int) as usize;
    let Some(place) = usize::try_from(number).ok().and_then(|index| CHAINED.get(index)) else {
        return;
    };
    if [libc::SIG_DFL, libc::SIG_IGN, ours].contains(&handler) || action.sa_flags & libc::SA_SIGINFO != 0 {
        return;
    }
    place.store(handler, Ordering::SeqCst);
    action.sa_sigaction = ours;
    // Python's way: a system call that a signal came into ends, Python looks at its signals, and begins it again.
    action.sa_flags &= !libc::SA_RESTART;
    // SAFETY: the handler calls only what is async-signal-safe, and has the form that the flags announce.
    unsafe { libc::sigaction(number, &action, ptr::null_mut()) };
}

extern "C" fn on_signal(number: c_int) {
    let errno = Errno::last_raw();
    handle(number);
    Errno::set_raw(errno);
}

fn handle(number: c_int) {
    if !is_interpreter() {
        let thread = INTERPRETER.load(Ordering::SeqCst);
        // SAFETY: the interpreter's thread ends only with the process, or with a VM that panicked, and then so does the process.
        unsafe { libc::pthread_kill(thread as libc::pthread_t, number) };
        return;
    }
    if number == libc::SIGINT && SECOND_ENDS.load(Ordering::SeqCst) && INTERRUPTS.fetch_add(1, Ordering::SeqCst) >= 1 {
        die();
    }
    let place = usize::try_from(number).ok().and_then(|index| CHAINED.get(index));
    let handler = place.map_or(0, |place| place.load(Ordering::SeqCst));
    if handler != 0 {
        // SAFETY: only the address of a handler was stored, that of a function with this one argument.
        let handler: extern "C" fn(c_int) = unsafe { std::mem::transmute(handler) };
        handler(number);
    }
    if number == libc::SIGINT {
        FOR_CHILDREN.store(true, Ordering::SeqCst);
    }
    let watcher = WATCHER.load(Ordering::SeqCst);
    if watcher != 0 {
        // SAFETY: the watching thread never ends, and a forked child, which has none, knows it.
        unsafe { libc::pthread_kill(watcher as libc::pthread_t, WAKE as c_int) };
    }
}

/// Dies of SIGINT. Async-signal-safe.
fn die() -> ! {
    let mut set = SigSet::empty();
    set.add(Signal::SIGINT);
    // SAFETY: each of these is async-signal-safe, and none has a condition.
    unsafe {
        libc::signal(libc::SIGINT, libc::SIG_DFL);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, set.as_ref(), ptr::null_mut());
        libc::raise(libc::SIGINT);
        // Where the default does not kill, as in the first process of a container.
        libc::_exit(128 + libc::SIGINT)
    }
}

/// Ends as a program does that SIGINT killed.
pub(super) fn end_as_interrupted() -> ! {
    die()
}

/// Counts SIGINT from none on: the second ends the process.
pub(super) fn count_interrupts() {
    INTERRUPTS.store(0, Ordering::SeqCst);
}

/// Does not count them: nothing runs that they could end.
pub(super) fn ignore_interrupts() {
    INTERRUPTS.store(UNCOUNTED, Ordering::SeqCst);
}

/// Runs `action`, and undoes what it did to the handler of SIGINT.
pub(super) fn keep_interrupt<R>(action: impl FnOnce() -> R) -> R {
    let kept = self::action(libc::SIGINT);
    let result = action();
    // SAFETY: it was in force before.
    unsafe { libc::sigaction(libc::SIGINT, &kept, ptr::null_mut()) };
    result
}

/// Lets the signals of the terminal reach the calling thread, which reads from it: a changed window ends the reading,
/// and reading in the background stops the process.
pub(super) fn attend_terminal() {
    let mut set = SigSet::empty();
    for signal in [
        Signal::SIGWINCH,
        Signal::SIGTSTP,
        Signal::SIGTTIN,
        Signal::SIGTTOU,
        Signal::SIGCONT,
    ] {
        set.add(signal);
    }
    let _ = set.thread_unblock();
}

/// The handler of a signal and its flags.
fn action(number: c_int) -> sigaction {
    // SAFETY: a plain structure of C, of which all zeros is the default action.
    let mut action: sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: a null pointer asks only for what is in force; a number that does not exist leaves `action` as it is.
    unsafe { libc::sigaction(number, ptr::null(), &mut action) };
    action
}

fn current_thread() -> usize {
    nix::sys::pthread::pthread_self() as usize
}

fn is_interpreter() -> bool {
    let interpreter = INTERPRETER.load(Ordering::SeqCst);
    interpreter == 0 || interpreter == current_thread()
}

#[cfg(test)]
mod tests {
    use nix::{
        sys::wait::{WaitStatus, waitpid},
        unistd::{ForkResult, fork},
    };

    use super::*;

    #[test]
    fn a_child_forked_by_another_thread_starts_with_the_signals_that_we_were_started_with() {
        prepare_process();
        let blocks_term = || SigSet::thread_get_mask().is_ok_and(|mask| mask.contains(Signal::SIGTERM));
        assert!(blocks_term());
        // Any thread but this one.
        INTERPRETER.store(1, Ordering::SeqCst);
        // SAFETY: the child only asks for its mask and exits.
        match unsafe { fork() }.unwrap() {
            // SAFETY: it takes no care of anything, as befits a forked child.
            ForkResult::Child => unsafe { libc::_exit(i32::from(blocks_term())) },
            ForkResult::Parent { child } => {
                assert_eq!(waitpid(child, None).unwrap(), WaitStatus::Exited(child, 0));
            }
        }
    }
}
