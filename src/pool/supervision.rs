//! When a pool replaces an interpreter, and when it refuses work.

use std::time::Duration;

/// How a pool watches its interpreters.
#[derive(Clone, Debug)]
pub(super) struct Supervision {
    pub(super) recycle_after: Option<u64>,
    pub(super) recycle_over: Option<u64>,
    /// `None`: four times the size of the pool, and at least 16.
    pub(super) max_lost: Option<usize>,
    pub(super) breaker_losses: u32,
    pub(super) breaker_pause: Duration,
}

/// After how many tasks in a row memory over the mark is no passing thing.
const TASKS_OVER_MARK: u32 = 3;

impl Default for Supervision {
    fn default() -> Self {
        Self {
            recycle_after: None,
            recycle_over: None,
            max_lost: None,
            breaker_losses: 3,
            breaker_pause: Duration::from_secs(30),
        }
    }
}

impl Supervision {
    pub(super) fn max_lost(&self, size: usize) -> usize {
        self.max_lost.unwrap_or_else(|| (4 * size).max(16))
    }
}

/// What one interpreter has done since it took its seat.
#[derive(Debug, Default)]
pub(super) struct Service {
    tasks: u64,
    over_mark: u32,
}

impl Service {
    /// After a task: whether the interpreter is to be replaced.
    pub(super) fn is_over(&mut self, supervision: &Supervision, memory: Option<u64>) -> bool {
        self.tasks += 1;
        let over = matches!((supervision.recycle_over, memory), (Some(mark), Some(bytes)) if bytes > mark);
        self.over_mark = if over { self.over_mark + 1 } else { 0 };
        self.over_mark >= TASKS_OVER_MARK || supervision.recycle_after.is_some_and(|most| self.tasks >= most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpreter_is_replaced_after_its_tasks_or_when_its_memory_stays_high() {
        let supervision = Supervision {
            recycle_after: Some(10),
            recycle_over: Some(100),
            ..Supervision::default()
        };
        let mut service = Service::default();
        assert!((1..10).all(|_| !service.is_over(&supervision, Some(50))));
        assert!(service.is_over(&supervision, Some(50)));
        let mut service = Service::default();
        let readings = [101, 101, 99, 101, 101].map(|bytes| service.is_over(&supervision, Some(bytes)));
        assert_eq!(readings, [false; 5], "a peak that goes again is no reason");
        assert!(service.is_over(&supervision, Some(101)));
    }
}
