//! How a host function hears that the script which called it is to stop.

use std::{cell::RefCell, fmt, future::poll_fn, sync::Arc, task::Poll, time::Duration};

use crate::control::{Control, StopSignal};

thread_local! {
    /// Of the call whose future is being polled on this thread.
    static POLLED: RefCell<Option<StopToken>> = const { RefCell::new(None) };
}

/// Tells a host function that the job which called it is to stop: it was cancelled, or hit a limit.
///
/// Python stops at a bytecode; a host function that takes long has to look, wait or await for itself. One that does not
/// end is waited for until the interpreter is given up (see [`Limits::give_up_after`](crate::Limits::give_up_after)).
///
/// ```
/// use std::time::Duration;
/// use ungil::{Error, Interpreter, Limits};
///
/// let patient = || match ungil::stop_token().wait(Duration::from_secs(60)) {
///     true => Err("stopped"),
///     false => Ok("nothing happened"),
/// };
/// let py = Interpreter::builder()
///     .function("patient", patient)
///     .limits(Limits::new().wall_time(Duration::from_millis(20)))
///     .build()?;
/// assert!(matches!(py.exec("patient()"), Err(Error::Limit(_))));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct StopToken(Option<Arc<StopSignal>>);

/// The token of the job that called the host function on this thread, also inside the future of an async one. Elsewhere,
/// one that never stops.
pub fn stop_token() -> StopToken {
    if let Some(token) = POLLED.with_borrow(Clone::clone) {
        return token;
    }
    StopToken(Control::current().and_then(|control| control.stop_signal()))
}

impl StopToken {
    /// True once the job is to stop.
    pub fn is_stopped(&self) -> bool {
        self.0.as_ref().is_some_and(|signal| signal.is_set())
    }

    /// Sleeps for that time, or until the job is to stop: true then.
    pub fn wait(&self, timeout: Duration) -> bool {
        match &self.0 {
            Some(signal) => signal.wait(timeout),
            None => {
                std::thread::sleep(timeout);
                false
            }
        }
    }

    /// Done once the job is to stop, on any runtime.
    pub async fn stopped(&self) {
        poll_fn(|context| match &self.0 {
            Some(signal) if signal.poll(context.waker()) => Poll::Ready(()),
            _ => Poll::Pending,
        })
        .await;
    }

    /// Polls something for which this is the current token.
    pub(super) fn during<R>(&self, poll: impl FnOnce() -> R) -> R {
        struct Restore(Option<StopToken>);
        impl Drop for Restore {
            fn drop(&mut self) {
                POLLED.set(self.0.take());
            }
        }
        let _restore = Restore(POLLED.replace(Some(self.clone())));
        poll()
    }
}

impl fmt::Debug for StopToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopToken")
            .field("stopped", &self.is_stopped())
            .finish()
    }
}
