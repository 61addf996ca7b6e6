//! How many interpreters this machine can hold.

use std::sync::{
    OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use crate::control::Claim;

/// What an interpreter costs that has imported a few modules.
const BYTES_EACH: u64 = 8 << 20;
/// Mappings of a thread: stack, its guard, the allocator's arena and what grows beside them.
const MAPPINGS_EACH: u64 = 8;
/// Where nothing can be read about the machine.
const FALLBACK: u64 = 1024;

static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// A place for one interpreter that a script starts; given back when it is dropped.
pub(super) struct Place {
    /// Of those that the host lets a script start.
    _claim: Option<Claim>,
}

impl Place {
    /// `Err` gives the number of places that there are, all taken.
    pub(super) fn take(claim: Option<Claim>) -> Result<Self, usize> {
        let most = most();
        if ALIVE.fetch_add(1, Ordering::Relaxed) >= most {
            ALIVE.fetch_sub(1, Ordering::Relaxed);
            return Err(most);
        }
        Ok(Self { _claim: claim })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether there is a place left beside so many that are taken by what is built ahead.
pub(super) fn has_room(spares: usize) -> bool {
    ALIVE.load(Ordering::Relaxed) + spares < most()
}

/// Three quarters of what memory, threads and mappings would allow when it is first asked.
pub(super) fn most() -> usize {
    static MOST: OnceLock<usize> = OnceLock::new();
    *MOST.get_or_init(|| {
        let bounds = [
            available_memory().map(|bytes| bytes / BYTES_EACH),
            read_number("/proc/sys/kernel/threads-max"),
            read_number("/proc/sys/vm/max_map_count").map(|mappings| mappings / MAPPINGS_EACH),
            read_number("/sys/fs/cgroup/pids.max"),
        ];
        let least = bounds.into_iter().flatten().min().unwrap_or(FALLBACK);
        usize::try_from(least / 4 * 3).unwrap_or(usize::MAX).max(16)
    })
}

fn available_memory() -> Option<u64> {
    let free = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = free.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    let group = read_number("/sys/fs/cgroup/memory.max").unwrap_or(u64::MAX);
    Some((kilobytes << 10).min(group))
}

/// A file that holds one number.
pub(super) fn read_number(path: &str) -> Option<u64> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}
