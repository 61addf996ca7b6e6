//! One call of an async host function, between the Rust future that runs and the script that waits.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use crossbeam_channel::{Receiver, Sender, bounded};
use parking_lot::Mutex;

use super::{
    StopToken,
    arguments::{catch, drop_quietly},
    returns::Outcome,
    stop_token,
    traits::Pending,
    wakeup::Wakeup,
};
use crate::fence;

/// How a call ended.
pub(super) enum Ending {
    Done(Outcome),
    Panicked(String),
    Cancelled,
    /// Whoever should run the future dropped it.
    Dropped,
}

/// What the future and the script share.
pub(super) struct Call {
    state: Mutex<State>,
    /// Closed when the call has ended.
    ended: Receiver<Infallible>,
}

struct State {
    ending: Option<Ending>,
    over: bool,
    cancelled: bool,
    /// Closes `ended` by being dropped.
    running: Option<Sender<Infallible>>,
    /// Of the future's task, so that it notices that it is cancelled.
    waker: Option<Waker>,
    /// Event loops that wait, with their own number for this call.
    listeners: Vec<(Arc<Wakeup>, u64)>,
}

impl Call {
    pub(super) fn new() -> Arc<Self> {
        let (running, ended) = bounded(0);
        Arc::new(Self {
            state: Mutex::new(State {
                ending: None,
                over: false,
                cancelled: false,
                running: Some(running),
                waker: None,
                listeners: Vec::new(),
            }),
            ended,
        })
    }

    /// Never gets a message; closed when the call has ended.
    pub(super) fn ended(&self) -> &Receiver<Infallible> {
        &self.ended
    }

    pub(super) fn is_over(&self) -> bool {
        self.state.lock().over
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.state.lock().cancelled
    }

    /// The ending, once.
    pub(super) fn take_ending(&self) -> Option<Ending> {
        self.state.lock().ending.take()
    }

    /// Ends the call at once; the future is dropped by whoever runs it, soon after. False if it was over.
    pub(super) fn cancel(&self) -> bool {
        let waker = {
            let mut state = self.state.lock();
            if state.over {
                return false;
            }
            state.cancelled = true;
            state.waker.take()
        };
        self.end(Ending::Cancelled);
        if let Some(waker) = waker {
            // The runtime's own code, and the runtime may be gone.
            fence::later(move || drop(catch(|| waker.wake())));
        }
        true
    }

    /// Tells `wakeup` the number when the call is over; at once if it is.
    pub(super) fn notify(&self, wakeup: Arc<Wakeup>, number: u64) {
        let mut state = self.state.lock();
        if !state.over {
            state.listeners.push((wakeup, number));
            return;
        }
        drop(state);
        wakeup.push(number);
    }

    fn end(&self, ending: Ending) {
        let (running, listeners) = {
            let mut state = self.state.lock();
            if state.over {
                // What came too late may hold values with destructors of the host.
                drop(state);
                drop_quietly(ending);
                return;
            }
            state.over = true;
            state.ending = Some(ending);
            state.waker = None;
            (state.running.take(), std::mem::take(&mut state.listeners))
        };
        drop(running);
        for (wakeup, number) in listeners {
            wakeup.push(number);
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // Whichever side is last, a destructor of the host must not take its thread down.
        drop_quietly(self.state.get_mut().ending.take());
    }
}

/// Runs the host's future, and tells the call how it ended.
pub(super) struct Runner {
    future: Option<Pending>,
    /// Of the job that made the call.
    token: StopToken,
    call: Arc<Call>,
}

impl Runner {
    pub(super) fn new(future: Pending, call: Arc<Call>) -> Self {
        Self {
            future: Some(future),
            token: stop_token(),
            call,
        }
    }

    fn finish(&mut self, ending: Ending) -> Poll<()> {
        drop_quietly(self.future.take());
        self.call.end(ending);
        Poll::Ready(())
    }
}

impl Future for Runner {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        {
            let mut state = self.call.state.lock();
            if state.cancelled {
                drop(state);
                return self.finish(Ending::Cancelled);
            }
            match &mut state.waker {
                Some(waker) => waker.clone_from(context.waker()),
                none => *none = Some(context.waker().clone()),
            }
        }
        let Self { future, token, .. } = &mut *self;
        let Some(future) = future else {
            return Poll::Ready(());
        };
        match token.during(|| catch(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(outcome)) => self.finish(Ending::Done(outcome)),
            Err(message) => self.finish(Ending::Panicked(message)),
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        let _ = self.finish(Ending::Dropped);
    }
}

#[cfg(test)]
mod tests {
    use futures_lite::future::{block_on, pending, poll_once};

    use super::*;
    use crate::value::Value;

    #[test]
    fn a_future_that_nobody_runs_ends_its_call() {
        let call = Call::new();
        drop(Runner::new(Box::pin(pending()), call.clone()));
        assert!(call.ended().recv().is_err());
        assert!(matches!(call.take_ending(), Some(Ending::Dropped)));
        assert!(!call.cancel(), "it was over");
    }

    #[test]
    fn cancelling_ends_the_call_at_once_and_drops_the_future_when_it_is_polled() {
        let held = Arc::new(());
        let inside = held.clone();
        let call = Call::new();
        let mut runner = Box::pin(Runner::new(
            Box::pin(async move {
                let _inside = inside;
                pending().await
            }),
            call.clone(),
        ));
        assert!(block_on(poll_once(&mut runner)).is_none());
        assert!(call.cancel());
        assert!(call.is_over());
        assert_eq!(Arc::strong_count(&held), 2);
        assert!(block_on(poll_once(&mut runner)).is_some());
        assert_eq!(Arc::strong_count(&held), 1);
    }

    #[test]
    fn an_event_loop_hears_of_the_end_whenever_it_asks() {
        let (wakeup, watched) = Wakeup::new().unwrap();
        let call = Call::new();
        call.notify(wakeup.clone(), 1);
        assert!(wakeup.drain(&watched).unwrap().is_empty());
        block_on(Runner::new(Box::pin(async { Ok(Value::None) }), call.clone()));
        call.notify(wakeup.clone(), 2);
        assert_eq!(wakeup.drain(&watched).unwrap(), [1, 2]);
    }
}
