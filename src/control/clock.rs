//! How much of its time a job has used.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::limits::{Hit, Limits};
use crate::error::{Allowance, LimitKind};

/// The shortest time until the next look, so that one who sleeps just before its limit is not looked at all the time.
const SHORTEST_LOOK: Duration = Duration::from_millis(1);
/// How long a thread that used no processor is left alone at most.
const LONGEST_IDLE_LOOK: Duration = Duration::from_millis(64);

/// The clocks of one job.
pub(super) struct Clock {
    limits: Arc<Limits>,
    since: Instant,
    cpu_then: Option<Duration>,
    /// Spent in host functions before the one that runs.
    in_host: Duration,
    host_since: Option<Instant>,
    /// What the last look found, and how long it was after the one before.
    last_cpu: Option<Duration>,
    pause: Duration,
}

/// What a look at the clocks found.
#[derive(Debug, PartialEq)]
pub(super) enum Look {
    Over(Hit),
    /// Nothing can be over before then.
    NotBefore(Instant),
    /// The job is in a host function, whose time does not count.
    WhenBack,
}

impl Clock {
    pub(super) fn start(limits: Arc<Limits>, cpu: Option<Duration>) -> Self {
        Self {
            limits,
            since: Instant::now(),
            cpu_then: cpu,
            in_host: Duration::ZERO,
            host_since: None,
            last_cpu: cpu,
            pause: SHORTEST_LOOK,
        }
    }

    pub(super) fn enter_host(&mut self) {
        self.host_since.get_or_insert_with(Instant::now);
    }

    pub(super) fn leave_host(&mut self) {
        if let Some(since) = self.host_since.take() {
            self.in_host += since.elapsed();
        }
    }

    pub(super) fn counts_script_time(&self) -> bool {
        self.limits.script_time.is_some()
    }

    /// The limits with what is left of each, for what the job starts now and may not go on longer than itself.
    pub(super) fn left(&self, now: Instant, cpu: Option<Duration>) -> Limits {
        let elapsed = now.saturating_duration_since(self.since);
        let used = match (self.cpu_then, cpu) {
            (Some(then), Some(cpu)) => cpu.saturating_sub(then),
            _ => elapsed,
        };
        let left = |limit: Option<Duration>, used: Duration| limit.map(|limit| limit.saturating_sub(used));
        Limits {
            wall_time: left(self.limits.wall_time, elapsed),
            script_time: left(self.limits.script_time, elapsed.saturating_sub(self.in_host)),
            cpu_time: left(self.limits.cpu_time, used),
            ..(*self.limits).clone()
        }
    }

    /// `cpu` is what the thread has used so far.
    pub(super) fn look(&mut self, now: Instant, cpu: Option<Duration>) -> Look {
        let elapsed = now.saturating_duration_since(self.since);
        let mut next: Option<Instant> = None;
        // A time that is too far off for the clock never comes.
        let mut at_latest = |left: Duration| {
            let at = now.checked_add(left);
            next = next.map_or(at, |next| Some(at.map_or(next, |at| next.min(at))));
        };
        let over = |kind, limit| {
            Look::Over(Hit {
                kind,
                allowed: Allowance::Time(limit),
            })
        };
        if let Some(limit) = self.limits.wall_time {
            match limit.checked_sub(elapsed).filter(|left| !left.is_zero()) {
                Some(left) => at_latest(left),
                None => return over(LimitKind::WallTime, limit),
            }
        }
        if let Some(limit) = self.limits.script_time {
            let running = self
                .host_since
                .map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
            let used = elapsed.saturating_sub(self.in_host + running);
            match limit.checked_sub(used).filter(|left| !left.is_zero()) {
                None => return over(LimitKind::ScriptTime, limit),
                Some(left) if self.host_since.is_none() => at_latest(left),
                Some(_) => {}
            }
        }
        if let Some(limit) = self.limits.cpu_time {
            let used = match (self.cpu_then, cpu) {
                (Some(then), Some(cpu)) => cpu.saturating_sub(then),
                _ => elapsed,
            };
            match limit.checked_sub(used).filter(|left| !left.is_zero()) {
                None => return over(LimitKind::CpuTime, limit),
                Some(left) => {
                    let idle =
                        cpu.is_some_and(|cpu| cpu.saturating_sub(self.last_cpu.unwrap_or_default()) < SHORTEST_LOOK);
                    self.pause = if idle {
                        (self.pause * 2).min(LONGEST_IDLE_LOOK)
                    } else {
                        SHORTEST_LOOK
                    };
                    self.last_cpu = cpu;
                    at_latest(left.max(self.pause));
                }
            }
        }
        next.map_or(Look::WhenBack, |next| Look::NotBefore(next.max(now + SHORTEST_LOOK)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn clock(limits: Limits) -> Clock {
        Clock::start(Arc::new(limits), Some(Duration::ZERO))
    }

    fn kind(look: Look) -> Option<LimitKind> {
        match look {
            Look::Over(hit) => Some(hit.kind),
            _ => None,
        }
    }

    #[test]
    fn wall_time_is_over_when_it_has_passed_and_not_before() {
        let mut clock = clock(Limits::new().wall_time(SECOND));
        let end = clock.since + SECOND;
        assert_eq!(clock.look(clock.since, None), Look::NotBefore(end));
        assert_eq!(kind(clock.look(end, None)), Some(LimitKind::WallTime));
    }

    #[test]
    fn a_limit_beyond_the_end_of_all_clocks_is_none() {
        let mut clock = clock(Limits::new().wall_time(Duration::MAX).script_time(Duration::MAX));
        assert_eq!(clock.look(clock.since, None), Look::WhenBack);
    }

    #[test]
    fn what_a_job_starts_has_what_is_left() {
        let clock = clock(Limits::new().wall_time(SECOND).cpu_time(SECOND).tasks(3));
        let left = clock.left(clock.since + SECOND / 4, Some(SECOND / 2));
        assert_eq!(
            left,
            Limits::new().wall_time(SECOND / 4 * 3).cpu_time(SECOND / 2).tasks(3)
        );
        assert_eq!(
            clock.left(clock.since + SECOND * 2, None).wall_time,
            Some(Duration::ZERO)
        );
    }

    #[test]
    fn time_in_host_functions_is_not_script_time() {
        let mut clock = clock(Limits::new().script_time(SECOND));
        clock.host_since = Some(clock.since);
        assert_eq!(clock.look(clock.since + SECOND * 10, None), Look::WhenBack);
        clock.host_since = None;
        clock.in_host = SECOND * 10;
        let now = clock.since + SECOND * 10 + SECOND / 2;
        assert_eq!(clock.look(now, None), Look::NotBefore(now + SECOND / 2));
        assert_eq!(kind(clock.look(now + SECOND / 2, None)), Some(LimitKind::ScriptTime));
    }

    #[test]
    fn processor_time_counts_what_the_thread_used_and_is_looked_at_less_often_while_it_sleeps() {
        let mut clock = clock(Limits::new().cpu_time(SECOND));
        let late = clock.since + SECOND * 100;
        assert_eq!(clock.look(late, Some(SECOND / 2)), Look::NotBefore(late + SECOND / 2));
        assert_eq!(kind(clock.look(late, Some(SECOND))), Some(LimitKind::CpuTime));
        let almost = SECOND - Duration::from_micros(10);
        for _ in 0..10 {
            clock.look(late, Some(almost));
        }
        assert_eq!(
            clock.look(late, Some(almost)),
            Look::NotBefore(late + LONGEST_IDLE_LOOK)
        );
    }
}
