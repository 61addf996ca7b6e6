//! Whether a plugin may be called: it is left alone for a growing time when it keeps failing.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// How a plugin does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Health {
    /// Its last call succeeded, or it was not called yet.
    Ok,
    /// So many calls in a row have failed, and it is still called.
    Failing {
        /// Failures since the last success.
        failures: u32,
    },
    /// It is not called for so long; then one call is a trial.
    Quarantined {
        /// Zero when the next call is the trial.
        remaining: Duration,
    },
    /// Its interpreter is gone and was not replaced yet.
    Lost,
}

/// When a plugin that fails is left alone, and for how long.
#[derive(Clone, Debug)]
#[must_use]
pub struct Quarantine {
    after: u32,
    first: Duration,
    longest: Duration,
}

impl Default for Quarantine {
    fn default() -> Self {
        Self {
            after: 3,
            first: Duration::from_secs(1),
            longest: Duration::from_secs(300),
        }
    }
}

impl Quarantine {
    /// After three failures in a row, for a second, twice as long each time that the trial fails too, 5 minutes at most.
    pub fn new() -> Self {
        Self::default()
    }

    /// After so many failures in a row; 0 for never.
    pub fn after(mut self, failures: u32) -> Self {
        self.after = failures;
        self
    }

    /// How long it is left alone the first time, and at most.
    pub fn pause(mut self, first: Duration, longest: Duration) -> Self {
        self.first = first;
        self.longest = longest;
        self
    }

    fn pause_of(&self, level: u32) -> Duration {
        let factor = 2_u32.checked_pow(level).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.longest)
    }
}

/// A hundred years.
const AGES: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// What tells the time of quarantines; a test gives a clock of its own.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Instant + Send + Sync>);

impl Clock {
    /// A clock that says what `now` says. It must not go backwards, and not block.
    pub fn new(now: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub(super) fn now(&self) -> Instant {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(Instant::now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// Whether a call is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Yes,
    /// The only one, until it is known how it ended.
    Trial,
    No(Duration),
}

/// What became of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) failures: u32,
    pub(super) quarantined_for: Option<Duration>,
}

/// The health of one plugin.
pub(super) struct Patient {
    clock: Clock,
    rules: Quarantine,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    failures: u32,
    /// Quarantines since the last success.
    level: u32,
    until: Option<Instant>,
    trial: bool,
    lost: bool,
}

impl Patient {
    pub(super) fn new(clock: Clock, rules: Quarantine) -> Self {
        Self {
            clock,
            rules,
            state: Mutex::default(),
        }
    }

    pub(super) fn admit(&self) -> Admission {
        let mut state = self.state.lock();
        let Some(until) = state.until else {
            return Admission::Yes;
        };
        let remaining = until.saturating_duration_since(self.clock.now());
        if !remaining.is_zero() || state.trial {
            return Admission::No(remaining);
        }
        state.trial = true;
        Admission::Trial
    }

    /// The trial ended without telling anything.
    pub(super) fn trial_over(&self) {
        self.state.lock().trial = false;
    }

    /// True if it was quarantined or lost, and has recovered by this.
    pub(super) fn succeeded(&self) -> bool {
        let mut state = self.state.lock();
        if state.failures == 0 && state.until.is_none() && !state.lost {
            return false;
        }
        let recovered = state.until.is_some() || state.lost;
        *state = State::default();
        recovered
    }

    pub(super) fn failed(&self) -> Verdict {
        let mut state = self.state.lock();
        state.failures = state.failures.saturating_add(1);
        state.trial = false;
        let counts = self.rules.after > 0 && state.failures >= self.rules.after;
        let now = self.clock.now();
        // Calls that were under way when it was quarantined do not make it longer.
        let in_quarantine = state.until.is_some_and(|until| until > now);
        let quarantined_for = (counts && !in_quarantine).then(|| {
            let pause = self.rules.pause_of(state.level);
            state.level = state.level.saturating_add(1);
            // Longer than clocks go is as good as for ever.
            state.until = now.checked_add(pause).or_else(|| now.checked_add(AGES));
            pause
        });
        Verdict {
            failures: state.failures,
            quarantined_for,
        }
    }

    pub(super) fn lost(&self) {
        self.state.lock().lost = true;
    }

    /// Its interpreter was replaced. True if it was lost.
    pub(super) fn replaced(&self) -> bool {
        std::mem::take(&mut self.state.lock().lost)
    }

    /// A new version has been loaded, whose failures are its own.
    pub(super) fn reset(&self) {
        *self.state.lock() = State::default();
    }

    pub(super) fn health(&self) -> Health {
        let state = self.state.lock();
        match (state.lost, state.until, state.failures) {
            (true, ..) => Health::Lost,
            (_, Some(until), _) => Health::Quarantined {
                remaining: until.saturating_duration_since(self.clock.now()),
            },
            (_, None, 0) => Health::Ok,
            (_, None, failures) => Health::Failing { failures },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A patient, and what moves its clock.
    fn patient() -> (Patient, Arc<Mutex<Instant>>) {
        let time = Arc::new(Mutex::new(Instant::now()));
        let clock = {
            let time = time.clone();
            Clock::new(move || *time.lock())
        };
        let rules = Quarantine::new().after(2).pause(SECOND, 3 * SECOND);
        (Patient::new(clock, rules), time)
    }

    #[test]
    fn the_pause_grows_with_each_failed_trial_up_to_the_longest() {
        let (patient, time) = patient();
        assert_eq!(patient.failed().quarantined_for, None);
        assert_eq!(patient.health(), Health::Failing { failures: 1 });
        let mut pauses = vec![patient.failed().quarantined_for.unwrap()];
        for _ in 0..3 {
            assert!(matches!(patient.admit(), Admission::No(_)));
            *time.lock() += *pauses.last().unwrap();
            assert_eq!(patient.admit(), Admission::Trial);
            assert!(matches!(patient.admit(), Admission::No(_)), "one trial at a time");
            pauses.push(patient.failed().quarantined_for.unwrap());
        }
        assert_eq!(pauses, [SECOND, 2 * SECOND, 3 * SECOND, 3 * SECOND]);
    }

    #[test]
    fn a_trial_that_succeeds_ends_it() {
        let (patient, time) = patient();
        patient.failed();
        patient.failed();
        *time.lock() += SECOND;
        assert_eq!(patient.admit(), Admission::Trial);
        assert!(patient.succeeded());
        assert_eq!(patient.health(), Health::Ok);
        assert!(!patient.succeeded(), "told once");
        assert_eq!(patient.failed().quarantined_for, None, "it starts from the beginning");
    }

    #[test]
    fn what_fails_during_the_quarantine_does_not_prolong_it() {
        let (patient, _time) = patient();
        patient.failed();
        assert!(patient.failed().quarantined_for.is_some());
        assert_eq!(patient.failed().quarantined_for, None);
    }
}
