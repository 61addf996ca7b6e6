//! What is counted of plugins and their hooks.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use parking_lot::RwLock;

/// Each power of two is divided into so many parts, so that a percentile is at most an eighth too large.
const PARTS: usize = 8;
const PART_BITS: u32 = PARTS.trailing_zeros();
/// Up to 2^40 ns, 18 minutes.
const BUCKETS: usize = PARTS * 38;

/// A reading of one hook's counters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HookStats {
    /// Calls that ended, however they did.
    pub calls: u64,
    /// Those of them that failed: raised, hit a limit, were too late, or lost their interpreter.
    pub errors: u64,
    /// Those of the errors that were too late.
    pub timeouts: u64,
    /// Half of the calls took no longer in the plugin; at most an eighth too large.
    pub p50: Duration,
    /// 99 of 100 calls took no longer in the plugin; at most an eighth too large.
    pub p99: Duration,
    /// Processor time of all calls, where the platform tells.
    pub cpu_time: Duration,
}

/// A reading of one plugin's counters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PluginStats {
    /// Calls of all hooks.
    pub calls: u64,
    /// Those that failed.
    pub errors: u64,
    /// Each hook that was called.
    pub hooks: BTreeMap<String, HookStats>,
    /// How often another version, or another interpreter, took the place of the one before.
    pub reloads: u64,
    /// Messages of the bus that were not delivered because too many waited.
    pub messages_dropped: u64,
    /// Processor time of the interpreter that it has now.
    pub cpu_time: Option<Duration>,
    /// Bytes that its objects take, where [`alloc::Accounting`](crate::alloc::Accounting) is installed.
    pub memory: Option<u64>,
    /// Calls that wait for it.
    pub queued: usize,
}

/// How a call ended, for counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Well,
    Failed,
    TooLate,
}

#[derive(Default)]
pub(super) struct Counters {
    hooks: RwLock<BTreeMap<Arc<str>, Arc<HookCounters>>>,
    reloads: AtomicU64,
    dropped: AtomicU64,
}

struct HookCounters {
    calls: AtomicU64,
    errors: AtomicU64,
    timeouts: AtomicU64,
    cpu: AtomicU64,
    times: [AtomicU64; BUCKETS],
}

impl Counters {
    pub(super) fn note(&self, hook: &Arc<str>, ended: Ended, took: Option<(Duration, Duration)>) {
        let known = self.hooks.read().get(hook).cloned();
        let counters = known.unwrap_or_else(|| self.hooks.write().entry(hook.clone()).or_default().clone());
        counters.calls.fetch_add(1, Relaxed);
        counters.errors.fetch_add(u64::from(ended != Ended::Well), Relaxed);
        counters.timeouts.fetch_add(u64::from(ended == Ended::TooLate), Relaxed);
        if let Some((took, cpu)) = took {
            counters.cpu.fetch_add(nanos(cpu), Relaxed);
            counters.times[bucket(nanos(took))].fetch_add(1, Relaxed);
        }
    }

    pub(super) fn reloaded(&self) {
        self.reloads.fetch_add(1, Relaxed);
    }

    pub(super) fn message_dropped(&self) {
        self.dropped.fetch_add(1, Relaxed);
    }

    /// What is counted here; the interpreter's own figures are its to say.
    pub(super) fn read(&self) -> PluginStats {
        let hooks = self.hooks.read();
        let hooks: BTreeMap<String, HookStats> = hooks
            .iter()
            .map(|(name, counters)| (name.to_string(), counters.read()))
            .collect();
        PluginStats {
            calls: hooks.values().map(|hook| hook.calls).sum(),
            errors: hooks.values().map(|hook| hook.errors).sum(),
            hooks,
            reloads: self.reloads.load(Relaxed),
            messages_dropped: self.dropped.load(Relaxed),
            ..PluginStats::default()
        }
    }
}

impl Default for HookCounters {
    fn default() -> Self {
        Self {
            calls: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            timeouts: AtomicU64::new(0),
            cpu: AtomicU64::new(0),
            times: [const { AtomicU64::new(0) }; BUCKETS],
        }
    }
}

impl HookCounters {
    fn read(&self) -> HookStats {
        let times: Vec<u64> = self.times.iter().map(|count| count.load(Relaxed)).collect();
        HookStats {
            calls: self.calls.load(Relaxed),
            errors: self.errors.load(Relaxed),
            timeouts: self.timeouts.load(Relaxed),
            p50: percentile(&times, 50),
            p99: percentile(&times, 99),
            cpu_time: Duration::from_nanos(self.cpu.load(Relaxed)),
        }
    }
}

/// Which of the counted times it is one of.
fn bucket(nanos: u64) -> usize {
    let nanos = nanos.max(PARTS as u64);
    let power = nanos.ilog2();
    let part = (nanos >> (power - PART_BITS)) as usize - PARTS;
    ((power - PART_BITS) as usize * PARTS + part).min(BUCKETS - 1)
}

/// The longest time that belongs to the bucket.
fn upper_end(bucket: usize) -> Duration {
    let power = bucket / PARTS;
    let part = (bucket % PARTS) as u64;
    Duration::from_nanos(((PARTS as u64 + part + 1) << power) - 1)
}

fn percentile(counts: &[u64], percent: u64) -> Duration {
    let all: u64 = counts.iter().sum();
    let rank = (all * percent).div_ceil(100);
    let mut seen = 0;
    let found = counts.iter().position(|count| {
        seen += count;
        seen >= rank.max(1)
    });
    found.map_or(Duration::ZERO, upper_end)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_at_most_an_eighth_too_large() {
        let counters = Counters::default();
        let hook: Arc<str> = "on_order".into();
        for micros in 1..=1000 {
            let took = Duration::from_micros(micros);
            counters.note(&hook, Ended::Well, Some((took, took)));
        }
        let stats = counters.read();
        for (read, real) in [(stats.hooks["on_order"].p50, 500), (stats.hooks["on_order"].p99, 990)] {
            let real = Duration::from_micros(real);
            assert!(read >= real && read <= real + real / 8, "{read:?} for {real:?}");
        }
    }

    #[test]
    fn every_time_has_a_bucket_that_holds_it() {
        for nanos in [0, 7, 8, 9, 15, 16, 17, 1000, 123_456_789, u64::MAX] {
            let bucket = bucket(nanos);
            assert!(
                bucket == BUCKETS - 1 || upper_end(bucket) >= Duration::from_nanos(nanos),
                "{nanos}"
            );
            assert!(
                bucket == 0 || upper_end(bucket - 1) < Duration::from_nanos(nanos),
                "{nanos}"
            );
        }
    }
}
