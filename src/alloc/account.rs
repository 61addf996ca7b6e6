//! What an interpreter's objects take, and what they may.

use std::{
    ptr,
    sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicU32, Ordering::Relaxed, Ordering::SeqCst},
};

use parking_lot::Mutex;

/// A thread that was told is held at a request of this part of the hard limit. A container that grows in a native loop
/// makes such requests; what the collector needs for its work is less, and so is what is allocated while a lock is held.
const LARGE_PART: i64 = 4;
/// A request of so many times the hard limit is held in any case.
const ABSURD: i64 = 2;
/// Who goes on after it was told is told again when it has grown by this part of the limit.
const ALARM_PART: i64 = 32;
/// Between the soft limit and the hard one, the part from which the job is ended instead of told.
const END_FROM: (i64, i64) = (1, 2);

/// One account. They are never freed, because blocks that outlive an interpreter point to it; those that have none are
/// used again.
#[derive(Debug)]
pub(crate) struct Account {
    bytes: AtomicI64,
    soft: AtomicI64,
    hard: AtomicI64,
    /// The next reading at which the script is told.
    alarm_at: AtomicI64,
    ending: AtomicBool,
    /// Given up: nobody waits for its interpreter's thread.
    lost: AtomicBool,
    /// Threads that are held in the allocator for good.
    parked: AtomicU32,
    /// Interpreters that it is of.
    holders: AtomicU32,
    /// Whose objects the blocks of this account have become; null if nobody's.
    heir: AtomicPtr<Account>,
}

/// See [`Account::bequeath`].
pub(crate) struct Inheritance {
    of: &'static Account,
    heir: &'static Account,
}

impl Drop for Inheritance {
    fn drop(&mut self) {
        // What other threads free at this very moment may be missed; hardly anything of an interpreter is freed by others.
        self.of.heir.store(ptr::null_mut(), SeqCst);
        self.heir.add(-(self.of.bytes.load(SeqCst) as isize));
    }
}

/// What a script must be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// It is over the soft limit: it gets a MemoryError.
    Soft,
    /// It goes on all the same: its job is ended.
    End,
    /// It is over the hard limit, and its thread is held from now on.
    Parked,
}

/// Accounts that no interpreter has now.
static UNUSED: Mutex<Vec<&'static Account>> = Mutex::new(Vec::new());

impl Account {
    const fn new() -> Self {
        Self {
            bytes: AtomicI64::new(0),
            soft: AtomicI64::new(i64::MAX),
            hard: AtomicI64::new(i64::MAX),
            alarm_at: AtomicI64::new(i64::MAX),
            ending: AtomicBool::new(false),
            lost: AtomicBool::new(false),
            parked: AtomicU32::new(0),
            holders: AtomicU32::new(0),
            heir: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// An account for one more interpreter.
    pub(crate) fn open() -> &'static Self {
        let empty = {
            let mut unused = UNUSED.lock();
            let index = unused.iter().position(|account| account.bytes.load(SeqCst) == 0);
            index.map(|index| unused.swap_remove(index))
        };
        // Leaked: as many as there are interpreters at once, and those of which something is left for good.
        let account = empty.unwrap_or_else(|| Box::leak(Box::new(Self::new())));
        account.set_limits(None);
        account.lost.store(false, SeqCst);
        account.share()
    }

    /// The same account for another interpreter, which it starts.
    pub(crate) fn share(&'static self) -> &'static Self {
        self.holders.fetch_add(1, SeqCst);
        self
    }

    /// One of its interpreters has ended.
    pub(crate) fn close(&'static self) {
        if self.holders.fetch_sub(1, SeqCst) == 1 && self.parked.load(SeqCst) == 0 {
            UNUSED.lock().push(self);
        }
    }

    /// Sets the soft and the hard limit, in bytes.
    pub(crate) fn set_limits(&self, limits: Option<(u64, u64)>) {
        let bytes = |limit: u64| i64::try_from(limit).unwrap_or(i64::MAX);
        let (soft, hard) = limits.map_or((i64::MAX, i64::MAX), |(soft, hard)| (bytes(soft), bytes(hard)));
        self.soft.store(soft, Relaxed);
        self.hard.store(hard, Relaxed);
        self.rearm();
    }

    /// Whoever was told before is told again when it is over the limit.
    pub(crate) fn rearm(&self) {
        let soft = self.soft.load(Relaxed);
        // Who begins above the limit must be able to clean up: it is told when it has grown.
        let grown = self.bytes.load(Relaxed).saturating_add(soft / ALARM_PART);
        self.alarm_at.store(
            if grown > soft.saturating_add(soft / ALARM_PART) {
                grown
            } else {
                soft
            },
            Relaxed,
        );
        self.ending.store(false, Relaxed);
    }

    /// What is charged here is `heir`'s from now on: the sum, and each change. It lasts until the result is dropped.
    pub(crate) fn bequeath(&'static self, heir: &'static Self) -> Inheritance {
        heir.add(self.bytes.load(SeqCst) as isize);
        self.heir.store(ptr::from_ref(heir).cast_mut(), SeqCst);
        Inheritance { of: self, heir }
    }

    #[inline]
    pub(super) fn heir(&self) -> Option<&'static Self> {
        // SAFETY: null, or an account, which is never freed.
        unsafe { self.heir.load(Relaxed).as_ref() }
    }

    pub(crate) fn set_lost(&self) {
        self.lost.store(true, SeqCst);
    }

    /// Bytes charged to it now.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed).max(0).unsigned_abs()
    }

    pub(crate) fn soft_limit(&self) -> Option<u64> {
        Some(self.soft.load(Relaxed))
            .filter(|soft| *soft != i64::MAX)
            .map(i64::unsigned_abs)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.bytes.load(Relaxed) > self.soft.load(Relaxed)
    }

    pub(crate) fn would_exceed(&self, bytes: usize) -> bool {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.bytes.load(Relaxed).saturating_add(bytes) > self.soft.load(Relaxed)
    }

    /// Whether so many bytes more would end the job.
    pub(crate) fn would_end(&self, bytes: usize) -> bool {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.bytes.load(Relaxed).saturating_add(bytes) > self.end_from()
    }

    /// Above that, the job is ended.
    fn end_from(&self) -> i64 {
        let (soft, hard) = (self.soft.load(Relaxed), self.hard.load(Relaxed));
        soft.saturating_add((hard - soft) / END_FROM.1 * END_FROM.0)
    }

    pub(super) fn add(&self, bytes: isize) -> i64 {
        self.bytes.fetch_add(bytes as i64, Relaxed) + bytes as i64
    }

    /// What the reading `now` means. Each alarm is given once until the account has been below the limit, or has grown on.
    pub(super) fn alarm(&self, now: i64) -> Option<Alarm> {
        if now < self.alarm_at.load(Relaxed) {
            let soft = self.soft.load(Relaxed);
            if now < soft && self.alarm_at.load(Relaxed) != soft {
                self.rearm();
            }
            return None;
        }
        let soft = self.soft.load(Relaxed);
        if now <= soft {
            return None;
        }
        self.alarm_at.store(now.saturating_add(soft / ALARM_PART), Relaxed);
        if now > self.end_from() {
            return (!self.ending.swap(true, Relaxed)).then_some(Alarm::End);
        }
        Some(Alarm::Soft)
    }

    /// Whether the reading `now` is more than a collection explains: it needs as much as the largest container has elements.
    pub(super) fn is_beyond_collecting(&self, now: i64) -> bool {
        now.saturating_sub(self.soft.load(Relaxed)) > self.hard.load(Relaxed)
    }

    /// Whether a thread that asks for so many bytes is to be held. What the collector needs for its own work, as much as the
    /// largest container has elements, is let pass.
    pub(super) fn holds(&self, now: i64, request: usize, collecting: bool) -> bool {
        let hard = self.hard.load(Relaxed);
        if now <= hard {
            return false;
        }
        let request = i64::try_from(request).unwrap_or(i64::MAX);
        let told = self.ending.load(Relaxed) && !collecting;
        self.lost.load(Relaxed) || (told && request > hard / LARGE_PART) || request / ABSURD > hard
    }

    pub(super) fn note_parked(&self) {
        self.parked.fetch_add(1, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: i64 = 1 << 20;

    #[test]
    fn a_script_is_told_then_ended_then_held() {
        let account = Account::new();
        account.set_limits(Some((100 << 20, 140 << 20)));
        assert_eq!(account.alarm(99 * MB), None);
        assert_eq!(account.alarm(101 * MB), Some(Alarm::Soft));
        assert_eq!(account.alarm(102 * MB), None, "told once");
        assert_eq!(
            account.alarm(105 * MB),
            Some(Alarm::Soft),
            "and again when it has grown on"
        );
        assert_eq!(account.alarm(121 * MB), Some(Alarm::End));
        assert_eq!(account.alarm(130 * MB), None, "ended once");
        assert!(!account.holds(139 * MB, 100 << 20, false));
        assert!(account.holds(141 * MB, 100 << 20, false));
        assert!(!account.holds(141 * MB, 100 << 20, true), "that is the collector's own");
        assert!(!account.holds(141 * MB, 1 << 20, false), "that is not much");
        account.set_lost();
        assert!(account.holds(141 * MB, 100, false));
    }

    #[test]
    fn who_begins_above_the_limit_has_room_to_clean_up() {
        let account = Account::new();
        account.add(110 << 20);
        account.set_limits(Some((100 << 20, 140 << 20)));
        assert_eq!(account.alarm(112 * MB), None);
        assert_eq!(account.alarm(114 * MB), Some(Alarm::Soft));
        assert!(!account.holds(150 * MB, 100 << 20, false), "it was not told yet");
        assert!(account.holds(500 * MB, 400 << 20, false), "but this is too much");
    }

    #[test]
    fn whoever_has_been_below_the_limit_is_told_anew() {
        let account = Account::new();
        account.set_limits(Some((100 << 20, 140 << 20)));
        assert_eq!(account.alarm(101 * MB), Some(Alarm::Soft));
        assert_eq!(account.alarm(50 * MB), None);
        assert_eq!(account.alarm(101 * MB), Some(Alarm::Soft));
    }
}
