//! A stop that was asked for: why, and how far it has come.

use std::time::{Duration, Instant};

use super::limits::Hit;

/// How long a script may spend in `finally` blocks after it was told to stop, before it is told at every bytecode.
const GRACE: Duration = Duration::from_millis(25);
/// What it has from its first sign of life after that: a machine may be too busy to have let it run in the meantime.
const LAST_CHANCE: Duration = Duration::from_millis(5);

/// Why a job is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// Somebody cancelled it.
    Cancelled,
    /// It hit a limit.
    Limit(Hit),
}

/// How far a stop that was asked for has come. Time counts from when the script's own thread took a step.
#[derive(Clone, Copy, Default)]
pub(super) enum Stage {
    /// Not raised yet.
    #[default]
    Asked,
    /// Raised; `finally` blocks have until then.
    Unwinding(Instant),
    /// Still running after its grace, and has until then.
    LastChance(Instant),
    /// Raised at every bytecode.
    Insisting,
}

impl Stage {
    pub(super) fn was_raised(self) -> bool {
        !matches!(self, Self::Asked)
    }

    /// The step that the script's thread takes at `now`: what to be from here on, and whether to raise.
    pub(super) fn step(self, now: Instant) -> (Self, bool) {
        match self {
            Self::Asked => (Self::Unwinding(now + GRACE), true),
            Self::Unwinding(until) if now >= until => (Self::LastChance(now + LAST_CHANCE), false),
            Self::LastChance(until) if now >= until => (Self::Insisting, true),
            Self::Insisting => (self, true),
            Self::Unwinding(_) | Self::LastChance(_) => (self, false),
        }
    }
}

/// A stop under way.
#[derive(Clone, Copy)]
pub(super) struct Stop {
    pub(super) reason: StopReason,
    pub(super) stage: Stage,
    asked: Instant,
    /// It was sent to the script's thread, which has not taken it yet.
    on_its_way: bool,
    /// Of the thread, when the stop was asked for.
    cpu_then: Option<Duration>,
}

impl Stop {
    pub(super) fn new(reason: StopReason, cpu: Option<Duration>) -> Self {
        Self {
            reason,
            stage: Stage::default(),
            asked: Instant::now(),
            on_its_way: false,
            cpu_then: cpu,
        }
    }

    /// Notes that it is sent. True if it is on its way already.
    pub(super) fn send(&mut self) -> bool {
        std::mem::replace(&mut self.on_its_way, true)
    }

    /// The script's thread has taken it.
    pub(super) fn arrived(&mut self) {
        self.on_its_way = false;
    }

    /// Whether to give up at `now`. A thread that the machine did not let run is waited for longer.
    pub(super) fn is_hopeless(&self, now: Instant, cpu: Option<Duration>, patience: Duration) -> bool {
        let waited = now.saturating_duration_since(self.asked);
        let worked = match (self.cpu_then, cpu) {
            (Some(then), Some(cpu)) => cpu.saturating_sub(then),
            _ => waited,
        };
        waited >= patience && (worked >= patience / 2 || waited >= patience * 4)
    }

    /// True if it is to be raised now.
    pub(super) fn step(&mut self) -> bool {
        let raise;
        (self.stage, raise) = self.stage.step(Instant::now());
        raise
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_raised_once_until_its_grace_is_over_and_the_script_has_had_a_turn_since() {
        let start = Instant::now();
        let (stage, raise) = Stage::default().step(start);
        assert!(raise && stage.was_raised());
        let (stage, raise) = stage.step(start + GRACE / 2);
        assert!(
            !raise,
            "a repetition that was on its way does not disturb a finally block"
        );
        let late = start + GRACE * 100;
        let (stage, raise) = stage.step(late);
        assert!(!raise, "a thread that had no turn for long still has its last chance");
        let (stage, raise) = stage.step(late + LAST_CHANCE / 2);
        assert!(!raise);
        let (stage, raise) = stage.step(late + LAST_CHANCE);
        assert!(raise && matches!(stage, Stage::Insisting));
        assert!(stage.step(late + LAST_CHANCE).1);
    }

    #[test]
    fn a_thread_that_gets_no_processor_is_given_up_later_than_one_that_works_on() {
        let patience = Duration::from_millis(200);
        let stop = Stop::new(StopReason::Cancelled, Some(Duration::ZERO));
        let after = |millis| stop.asked + Duration::from_millis(millis);
        let cpu = |millis| Some(Duration::from_millis(millis));
        assert!(!stop.is_hopeless(after(199), cpu(199), patience));
        assert!(stop.is_hopeless(after(200), cpu(150), patience));
        assert!(!stop.is_hopeless(after(300), cpu(20), patience));
        assert!(stop.is_hopeless(after(800), cpu(20), patience));
    }
}
