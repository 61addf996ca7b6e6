//! How long the items of a map take, so that chunks can be made that are worth their way.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// What a chunk should take: much longer than handing it over, much shorter than anyone minds waiting for the last one.
const CHUNK_TIME: Duration = Duration::from_millis(2);
/// More items than this are not put into one chunk, however short they are.
const LARGEST_CHUNK: usize = 1024;
/// A chunk has at most this many times as many items as those before it.
const GROWTH: usize = 4;

#[derive(Default)]
pub(super) struct Meter {
    nanos: AtomicU64,
    items: AtomicU64,
}

impl Meter {
    pub(super) fn note(&self, took: Duration, items: usize) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanos.fetch_add(nanos, Relaxed);
        self.items.fetch_add(items as u64, Relaxed);
    }

    /// How many items the next chunk gets after one of `last`, when `left` are known to be left for `workers`.
    pub(super) fn chunk_size(&self, last: usize, left: Option<usize>, workers: usize) -> usize {
        let Some(nanos_each) = self.nanos.load(Relaxed).checked_div(self.items.load(Relaxed)) else {
            return last;
        };
        let fitting = CHUNK_TIME.as_nanos() / u128::from(nanos_each.max(1));
        let fitting = usize::try_from(fitting).unwrap_or(LARGEST_CHUNK);
        // Towards the end chunks get smaller, so that all workers end at about the same time.
        let share = left.map_or(LARGEST_CHUNK, |left| left.div_ceil(2 * workers));
        fitting.min(last * GROWTH).min(share).clamp(1, LARGEST_CHUNK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_measured_keeps_the_size() {
        assert_eq!(Meter::default().chunk_size(1, Some(100_000), 2), 1);
    }

    #[test]
    fn short_items_come_in_growing_chunks_and_long_ones_alone() {
        let meter = Meter::default();
        meter.note(Duration::from_micros(10), 1);
        assert_eq!(meter.chunk_size(1, None, 2), 4);
        assert_eq!(meter.chunk_size(64, None, 2), 200);
        assert_eq!(meter.chunk_size(200, None, 2), 200);
        let meter = Meter::default();
        meter.note(Duration::from_secs(1), 1);
        assert_eq!(meter.chunk_size(200, None, 2), 1);
    }

    #[test]
    fn the_last_items_are_shared_out() {
        let meter = Meter::default();
        meter.note(Duration::from_nanos(10), 1);
        assert_eq!(meter.chunk_size(1000, None, 4), LARGEST_CHUNK);
        assert_eq!(meter.chunk_size(1000, Some(80), 4), 10);
        assert_eq!(meter.chunk_size(1000, Some(3), 4), 1);
    }
}
