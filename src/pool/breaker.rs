//! Refusing tasks that keep killing their interpreters.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// Counts the interpreters lost to each task, told apart by the code it runs.
pub(super) struct Breaker {
    /// So many losses in a row open the circuit; 0 never does.
    threshold: u32,
    /// How long it stays open before one task is tried.
    pause: Duration,
    /// Bounded by the losses of the last pause: entries go with a success, and old ones when another comes.
    losses: Mutex<HashMap<u64, Losses>>,
}

struct Losses {
    count: u32,
    since: Instant,
}

impl Breaker {
    pub(super) fn new(threshold: u32, pause: Duration) -> Self {
        Self {
            threshold,
            pause,
            losses: Mutex::default(),
        }
    }

    /// The number of losses if such a task is not to run now.
    pub(super) fn refuses(&self, key: u64) -> Option<u32> {
        let mut losses = self.losses.lock();
        let entry = losses.get_mut(&key)?;
        if self.threshold == 0 || entry.count < self.threshold {
            return None;
        }
        if entry.since.elapsed() >= self.pause {
            // This one is a trial. Others wait for its outcome, or for another pause.
            entry.since = Instant::now();
            return None;
        }
        Some(entry.count)
    }

    pub(super) fn lost(&self, key: u64) {
        let mut losses = self.losses.lock();
        let pause = self.pause;
        losses.retain(|known, entry| *known == key || entry.since.elapsed() < pause);
        let entry = losses.entry(key).or_insert(Losses {
            count: 0,
            since: Instant::now(),
        });
        entry.count = entry.count.saturating_add(1);
        entry.since = Instant::now();
    }

    /// It ended, however it did, and its interpreter lives.
    pub(super) fn survived(&self, key: u64) {
        let mut losses = self.losses.lock();
        if !losses.is_empty() {
            losses.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_losses_in_a_row_and_closes_with_a_success() {
        let breaker = Breaker::new(2, Duration::from_secs(3600));
        breaker.lost(1);
        breaker.survived(1);
        breaker.lost(1);
        assert_eq!(breaker.refuses(1), None);
        breaker.lost(1);
        assert_eq!(breaker.refuses(1), Some(2));
        assert_eq!(breaker.refuses(2), None, "others are not concerned");
        breaker.survived(1);
        assert_eq!(breaker.refuses(1), None);
    }

    #[test]
    fn after_a_pause_one_is_tried() {
        let breaker = Breaker::new(1, Duration::ZERO);
        breaker.lost(1);
        assert_eq!(breaker.refuses(1), None);
    }
}
