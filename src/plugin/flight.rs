//! Calls of several plugins that are under way at once, and waiting for them: on a thread, or as a future.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use super::{CallError, call::Call};
use crate::{Value, control::Alarm, error::ConversionError};

/// What one plugin answered to one call, or why it did not.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer<T> {
    /// The plugin's name.
    pub plugin: Arc<str>,
    /// Which of its versions was asked: the first is 1, and each that is loaded after it has the next number.
    pub generation: u64,
    /// The answer, or why there is none. It says nothing about the other plugins.
    pub result: Result<T, CallError>,
    /// From the call to the answer, with the time that the plugin was busy with other calls.
    pub took: Duration,
}

/// Makes an answer of what a plugin returned.
pub(super) type Convert<T> = fn(Value) -> Result<T, ConversionError>;

enum Seat<T> {
    Waiting(Call),
    Landed(Answer<T>),
}

/// Calls that have a deadline together.
pub(super) struct Flight<T> {
    seats: Vec<Seat<T>>,
    deadline: Option<Instant>,
    convert: Convert<T>,
    /// Ends the waiting as soon as one of the answers is good enough.
    enough: fn(&T) -> bool,
    alarm: Option<Alarm>,
}

// Nothing in it is pinned.
impl<T> Unpin for Flight<T> {}

impl<T> Flight<T> {
    /// No calls yet, with a deadline that far away.
    pub(super) fn new(patience: Duration, convert: Convert<T>, enough: fn(&T) -> bool) -> Self {
        Self {
            seats: Vec::new(),
            // Too far away to be a point in time is no deadline.
            deadline: Instant::now().checked_add(patience),
            convert,
            enough,
            alarm: None,
        }
    }

    pub(super) fn add(&mut self, plugin: &Arc<str>, call: Result<Call, CallError>) {
        self.seats.push(match call {
            Ok(call) => Seat::Waiting(call),
            Err(error) => Seat::Landed(Answer {
                plugin: plugin.clone(),
                generation: 0,
                result: Err(error),
                took: Duration::ZERO,
            }),
        });
    }

    /// Waits on the calling thread.
    pub(super) fn wait(mut self) -> Vec<Answer<T>> {
        struct Unpark(Thread);
        impl Wake for Unpark {
            fn wake(self: Arc<Self>) {
                self.0.unpark();
            }
        }
        let waker: Waker = Arc::new(Unpark(thread::current())).into();
        let mut context = Context::from_waker(&waker);
        loop {
            if self.poll_calls(&mut context) {
                return self.land();
            }
            match self.remaining() {
                None => thread::park(),
                Some(Duration::ZERO) => return self.land(),
                Some(remaining) => thread::park_timeout(remaining),
            }
        }
    }

    fn remaining(&self) -> Option<Duration> {
        self.deadline
            .map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// True if there is nothing to wait for any more.
    fn poll_calls(&mut self, context: &mut Context<'_>) -> bool {
        let mut all = true;
        let mut enough = false;
        for seat in &mut self.seats {
            if let Seat::Waiting(call) = seat {
                let Poll::Ready(result) = call.poll(context) else {
                    all = false;
                    continue;
                };
                let result = call.end(result, self.convert);
                *seat = Seat::Landed(answer(call, result));
            }
            if let Seat::Landed(Answer { result: Ok(value), .. }) = seat {
                enough |= (self.enough)(value);
            }
        }
        all || enough
    }

    /// What there is. Calls that are still under way are stopped: by the deadline, or because there is enough.
    fn land(&mut self) -> Vec<Answer<T>> {
        let late = self.remaining() == Some(Duration::ZERO);
        let seats = std::mem::take(&mut self.seats);
        let landed = seats.into_iter().filter_map(|seat| match seat {
            Seat::Landed(answer) => Some(answer),
            Seat::Waiting(mut call) => late.then(|| {
                let error = call.expire();
                answer(&call, Err(error))
            }),
        });
        landed.collect()
    }
}

fn answer<T>(call: &Call, result: Result<T, CallError>) -> Answer<T> {
    Answer {
        plugin: call.plugin.name.clone(),
        generation: call.generation,
        result,
        took: call.posted.elapsed(),
    }
}

impl<T> Future for Flight<T> {
    type Output = Vec<Answer<T>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.poll_calls(context) || self.remaining() == Some(Duration::ZERO) {
            self.alarm = None;
            return Poll::Ready(self.land());
        }
        match (&self.alarm, self.deadline) {
            (Some(alarm), _) => alarm.wake_instead(context.waker()),
            (None, Some(deadline)) => self.alarm = Some(Alarm::set(deadline, context.waker().clone())),
            (None, None) => {}
        }
        Poll::Pending
    }
}
