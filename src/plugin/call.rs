//! One call of one function of one plugin, from the moment in which it is posted until its end is counted.

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use super::{
    CallError, Stage,
    instance::is_loss,
    slot::{Plugin, cpu_time},
    stats::Ended,
};
use crate::{
    Job, Object, Value,
    error::{Allowance, ConversionError, Error, LimitExceeded, LimitKind},
};

/// What the interpreter's thread notes of a call.
#[derive(Default)]
pub(super) struct Record {
    /// Known when it is decided which instance runs it.
    function: OnceLock<Object>,
    begun: OnceLock<()>,
    /// On the clock, and of the processor.
    took: OnceLock<(Duration, Duration)>,
}

impl Record {
    pub(super) fn give(&self, function: Object) {
        let _ = self.function.set(function);
    }

    /// Runs `body` with the function, on its interpreter's thread, and notes how long that takes.
    pub(super) fn during<T>(&self, body: impl FnOnce(&Object) -> Result<T, Error>) -> Result<T, Error> {
        let _ = self.begun.set(());
        let function = self
            .function
            .get()
            .ok_or_else(|| Error::config("a call without a function"))?;
        let (start, cpu) = (Instant::now(), cpu_time());
        let result = body(function);
        let cpu = cpu_time().zip(cpu).map(|(after, before)| after.saturating_sub(before));
        let _ = self.took.set((start.elapsed(), cpu.unwrap_or_default()));
        result
    }
}

/// A call that somebody waits for. Dropped before its end, it is cancelled.
pub(super) struct Call {
    pub(super) plugin: Arc<Plugin>,
    pub(super) generation: u64,
    hook: Arc<str>,
    record: Arc<Record>,
    job: Job<Value>,
    pub(super) posted: Instant,
    patience: Duration,
    /// It shows whether a quarantined plugin is well again.
    trial: bool,
    ended: bool,
}

impl Call {
    #[expect(clippy::too_many_arguments, reason = "all of what a call is, given once")]
    pub(super) fn new(
        plugin: Arc<Plugin>,
        hook: Arc<str>,
        generation: u64,
        record: Arc<Record>,
        job: Job<Value>,
        posted: Instant,
        patience: Duration,
        trial: bool,
    ) -> Self {
        Self {
            plugin,
            generation,
            hook,
            record,
            job,
            posted,
            patience,
            trial,
            ended: false,
        }
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Value, Error>> {
        Pin::new(&mut self.job).poll(context)
    }

    /// Counts its end. `convert` makes an answer of what the plugin returned.
    pub(super) fn end<T>(
        &mut self,
        result: Result<Value, Error>,
        convert: impl FnOnce(Value) -> Result<T, ConversionError>,
    ) -> Result<T, CallError> {
        let error = match result.and_then(|value| Ok(convert(value)?)) {
            Ok(answer) => {
                self.count(Ended::Well);
                self.plugin.succeeded();
                return Ok(answer);
            }
            Err(error) => error,
        };
        match error {
            Error::Closed { .. } if self.record.begun.get().is_none() => {
                self.leave();
                Err(CallError::Down)
            }
            Error::Cancelled | Error::Reentrant { .. } => {
                self.leave();
                Err(CallError::Failed(error))
            }
            error if is_loss(&error) => {
                self.count(Ended::Failed);
                if self.trial {
                    self.plugin.patient.trial_over();
                }
                // The supervisor counts it against the plugin's health, whether or not anyone waits.
                self.plugin.report_loss(self.generation);
                Err(CallError::Lost(error))
            }
            error => {
                let is_late = error.as_limit().is_some_and(is_of_time);
                self.count(if is_late { Ended::TooLate } else { Ended::Failed });
                self.plugin.failed(Stage::Hook(self.hook.clone()), error.clone());
                Err(CallError::Failed(error))
            }
        }
    }

    /// Its time is over: it is stopped.
    pub(super) fn expire(&mut self) -> CallError {
        self.job.cancel();
        let begun = self.record.begun.get().is_some();
        let after = self.patience;
        if begun {
            self.count(Ended::TooLate);
            let allowed = Allowance::Time(after);
            let interpreter = format!("{}#{}", self.plugin.name, self.generation);
            let limit = LimitExceeded::new(LimitKind::WallTime, allowed, interpreter, None);
            self.plugin
                .failed(Stage::Hook(self.hook.clone()), Error::Limit(Box::new(limit)));
        } else {
            // It is others that have kept the plugin busy.
            self.leave();
        }
        CallError::Deadline { after, begun }
    }

    fn count(&mut self, ended: Ended) {
        self.ended = true;
        self.plugin
            .counters
            .note(&self.hook, ended, self.record.took.get().copied());
    }

    /// It ended without telling anything about the plugin.
    fn leave(&mut self) {
        self.ended = true;
        if self.trial {
            self.plugin.patient.trial_over();
        }
    }
}

fn is_of_time(limit: &LimitExceeded) -> bool {
    matches!(
        limit.kind(),
        LimitKind::WallTime | LimitKind::ScriptTime | LimitKind::CpuTime
    )
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.ended {
            self.job.cancel();
            self.leave();
        }
    }
}
