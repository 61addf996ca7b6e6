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

/// What the clock says, and how long a thread had a processor until then, if that is known.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    now: Instant,
    cpu: Option<Duration>,
}

impl Moment {
    pub(super) fn new(cpu: Option<Duration>) -> Self {
        let now = Instant::now();
        Self { now, cpu }
    }

    /// Whether a thread has had `span` since then. One that the machine did not let run is waited for longer.
    fn grants(self, span: Duration, at: Self) -> bool {
        let waited = at.now.saturating_duration_since(self.now);
        let worked = match (self.cpu, at.cpu) {
            (Some(then), Some(cpu)) => cpu.saturating_sub(then),
            _ => waited,
        };
        waited >= span && (worked >= span / 2 || waited >= span * 4)
    }
}

/// How far a stop that was asked for has come. Time counts from when the script's own thread took a step.
#[derive(Clone, Copy, Default)]
pub(super) enum Stage {
    /// Not raised yet.
    #[default]
    Asked,
    /// Raised then; `finally` blocks have their grace.
    Unwinding(Moment),
    /// Still running after its grace, as was seen then.
    LastChance(Moment),
    /// Raised at every bytecode.
    Insisting,
}

impl Stage {
    pub(super) fn was_raised(self) -> bool {
        !matches!(self, Self::Asked)
    }

    /// A script that is unwinding is not disturbed in its `finally` blocks before that.
    pub(super) fn leaves_alone_until(self) -> Option<Instant> {
        match self {
            Self::Unwinding(since) => Some(since.now + GRACE),
            Self::LastChance(since) => Some(since.now + LAST_CHANCE),
            Self::Asked | Self::Insisting => None,
        }
    }

    /// The step that the script's thread takes at this moment: what to be from here on, and whether to raise.
    fn step(self, at: Moment) -> (Self, bool) {
        match self {
            Self::Asked => (Self::Unwinding(at), true),
            Self::Unwinding(since) if since.grants(GRACE, at) => (Self::LastChance(at), false),
            Self::LastChance(since) if since.grants(LAST_CHANCE, at) => (Self::Insisting, true),
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
    asked: Moment,
    /// It was sent to the script's thread, which has not taken it yet.
    on_its_way: bool,
}

impl Stop {
    pub(super) fn new(reason: StopReason, cpu: Option<Duration>) -> Self {
        Self {
            reason,
            stage: Stage::default(),
            asked: Moment::new(cpu),
            on_its_way: false,
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

    /// Whether to give up at that moment.
    pub(super) fn is_hopeless(&self, at: Moment, patience: Duration) -> bool {
        self.asked.grants(patience, at)
    }

    /// True if it is to be raised now, when the thread has had the processor for `cpu`.
    pub(super) fn step(&mut self, cpu: Option<Duration>) -> bool {
        let raise;
        (self.stage, raise) = self.stage.step(Moment::new(cpu));
        raise
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(start: Instant, passed: Duration, worked: Duration) -> Moment {
        Moment {
            now: start + passed,
            cpu: Some(worked),
        }
    }

    #[test]
    fn a_stop_is_raised_once_until_its_grace_is_over_and_the_script_has_had_a_turn_since() {
        let start = Instant::now();
        // A thread that has the processor all the time.
        let at = |passed| moment(start, passed, passed);
        let (stage, raise) = Stage::default().step(at(Duration::ZERO));
        assert!(raise && stage.was_raised());
        let (stage, raise) = stage.step(at(GRACE / 2));
        assert!(
            !raise,
            "a repetition that was on its way does not disturb a finally block"
        );
        let late = GRACE * 100;
        let (stage, raise) = stage.step(at(late));
        assert!(!raise, "a thread that had no turn for long still has its last chance");
        let (stage, raise) = stage.step(at(late + LAST_CHANCE / 2));
        assert!(!raise);
        let (stage, raise) = stage.step(at(late + LAST_CHANCE));
        assert!(raise && matches!(stage, Stage::Insisting));
        assert!(stage.step(at(late + LAST_CHANCE)).1);
    }

    #[test]
    fn time_without_a_processor_is_not_a_finally_blocks_until_it_gets_long() {
        let start = Instant::now();
        let (stage, _) = Stage::default().step(moment(start, Duration::ZERO, Duration::ZERO));
        let (stage, _) = stage.step(moment(start, GRACE * 3, GRACE / 4));
        assert!(matches!(stage, Stage::Unwinding(_)));
        let (stage, _) = stage.step(moment(start, GRACE * 4, GRACE / 4));
        assert!(matches!(stage, Stage::LastChance(_)));
        let (stage, _) = stage.step(moment(start, GRACE * 4 + LAST_CHANCE * 3, GRACE / 4));
        assert!(matches!(stage, Stage::LastChance(_)));
        let (stage, raise) = stage.step(moment(start, GRACE * 4 + LAST_CHANCE * 4, GRACE / 4));
        assert!(raise && matches!(stage, Stage::Insisting));
    }

    #[test]
    fn a_thread_that_gets_no_processor_is_given_up_later_than_one_that_works_on() {
        let patience = Duration::from_millis(200);
        let stop = Stop::new(StopReason::Cancelled, Some(Duration::ZERO));
        let after = |passed, worked| {
            let millis = Duration::from_millis;
            moment(stop.asked.now, millis(passed), millis(worked))
        };
        assert!(!stop.is_hopeless(after(199, 199), patience));
        assert!(stop.is_hopeless(after(200, 150), patience));
        assert!(!stop.is_hopeless(after(300, 20), patience));
        assert!(stop.is_hopeless(after(800, 20), patience));
    }
}
