//! The parts of an OS thread that others may touch: its wake-up signal and its processor clock.
//!
//! The unsafe code here rests on one rule: an [`OsThread`] is only used under the lock of the `Control` that holds it, and
//! the thread removes it from there, under the same lock, before it can end.

use std::time::Duration;

/// A running thread, as the system names it.
#[derive(Clone, Copy)]
pub(crate) struct OsThread {
    #[cfg(unix)]
    id: nix::sys::pthread::Pthread,
}

/// Does nothing by default, so a stray one is harmless, and no program gives it a meaning with `signal()`.
#[cfg(unix)]
const WAKE_SIGNAL: nix::sys::signal::Signal = nix::sys::signal::Signal::SIGURG;

#[cfg(unix)]
extern "C" fn on_wake(_: libc::c_int) {}

/// Makes the wake-up signal interrupt system calls on this thread. Call it on each interpreter's thread.
#[cfg(unix)]
pub(crate) fn install_wake_signal() {
    use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, sigaction};
    use std::sync::Once;

    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let action = SigAction::new(SigHandler::Handler(on_wake), SaFlags::empty(), SigSet::empty());
        // SAFETY: the handler is an empty function, so it is async-signal-safe; without SA_RESTART a blocked call returns
        // EINTR, which is the purpose.
        let installed = unsafe { sigaction(WAKE_SIGNAL, &action) };
        if let Err(error) = installed {
            tracing::warn!(%error, "sleeping scripts cannot be woken at once");
        }
    });
    let mut set = SigSet::empty();
    set.add(WAKE_SIGNAL);
    // An embedding program may have blocked everything before it started threads.
    let _ = set.thread_unblock();
}

#[cfg(not(unix))]
pub(crate) fn install_wake_signal() {}

impl OsThread {
    pub(crate) fn current() -> Self {
        Self {
            #[cfg(unix)]
            id: nix::sys::pthread::pthread_self(),
        }
    }

    /// Interrupts the system call that the thread is in, if any.
    pub(crate) fn wake(self) {
        #[cfg(unix)]
        let _ = nix::sys::pthread::pthread_kill(self.id, WAKE_SIGNAL);
    }

    /// Lets the thread run only when the machine has nothing else to do. True if that was changed.
    pub(crate) fn demote(self) -> bool {
        #[cfg(target_os = "linux")]
        match self.set_class(libc::SCHED_IDLE) {
            Ok(()) => return true,
            Err(error) => tracing::warn!(%error, "a lost thread keeps its scheduling class"),
        }
        false
    }

    /// Undoes [`OsThread::demote`]. Only a privileged process may: false if it is not.
    pub(crate) fn restore(self) -> bool {
        #[cfg(target_os = "linux")]
        return self.set_class(libc::SCHED_OTHER).is_ok();
        #[cfg(not(target_os = "linux"))]
        false
    }

    #[cfg(target_os = "linux")]
    fn set_class(self, class: libc::c_int) -> std::io::Result<()> {
        let parameters = libc::sched_param { sched_priority: 0 };
        // SAFETY: the thread is alive (see the module's rule), and the pointer is to a live local of the right type.
        match unsafe { libc::pthread_setschedparam(self.id, class, &parameters) } {
            0 => Ok(()),
            error => Err(std::io::Error::from_raw_os_error(error)),
        }
    }

    /// Processor time used by the thread so far, where the platform tells.
    pub(crate) fn cpu_time(self) -> Option<Duration> {
        #[cfg(target_os = "linux")]
        {
            let mut clock: libc::clockid_t = 0;
            let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
            // SAFETY: the thread is alive (see the module's rule) and both pointers are to live locals of the right type.
            let read = unsafe {
                libc::pthread_getcpuclockid(self.id, &mut clock) == 0 && libc::clock_gettime(clock, &mut time) == 0
            };
            read.then(|| Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32))
        }
        #[cfg(not(target_os = "linux"))]
        None
    }
}
