//! Which account a thread's allocations are charged to, and what it may be told or made to do there.

use std::{cell::Cell, ptr, sync::OnceLock, thread};

use super::account::{Account, Alarm};

/// A thread's counter is added to its account when it is this far off.
const STEP: isize = 64 << 10;

/// Called on the thread that is over a limit, in the middle of an allocation of so many bytes.
type OnAlarm = fn(Alarm, usize);

static ON_ALARM: OnceLock<OnAlarm> = OnceLock::new();

struct Local {
    account: Cell<Option<&'static Account>>,
    pending: Cell<isize>,
    /// Above 0, limits are left alone: a lock of ours may be held.
    quiet: Cell<u32>,
    /// The collector runs because of a limit: what it takes for its work is let pass.
    collecting: Cell<bool>,
    /// The thread runs Python code, and not code of the host that it called.
    in_python: Cell<bool>,
}

thread_local! {
    // Constant and without a destructor, so that the allocator can use it from a thread's first moment to its last.
    static LOCAL: Local = const {
        Local {
            account: Cell::new(None),
            pending: Cell::new(0),
            quiet: Cell::new(0),
            collecting: Cell::new(false),
            in_python: Cell::new(false),
        }
    };
}

/// Sets what is called when a thread is over a limit. It may allocate, and must not wait for anything.
pub(crate) fn set_alarm(on_alarm: OnAlarm) {
    let _ = ON_ALARM.set(on_alarm);
}

/// While it lives, what the thread allocates is charged to an account.
pub(crate) struct Tenant(());

impl Tenant {
    pub(crate) fn enter(account: &'static Account) -> Self {
        settle();
        LOCAL.with(|local| local.account.set(Some(account)));
        Self(())
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        settle();
        LOCAL.with(|local| local.account.set(None));
    }
}

/// Adds what the thread has counted to its account.
pub(super) fn settle() {
    LOCAL.with(|local| {
        let pending = local.pending.take();
        if let Some(account) = local.account.get() {
            account.add(pending);
        }
    });
}

/// Restores what the thread was in before.
pub(crate) struct Python(bool);

/// Notes whether the thread runs Python from here on: only there can it be held.
pub(crate) fn in_python(inside: bool) -> Python {
    Python(LOCAL.with(|local| local.in_python.replace(inside)))
}

impl Drop for Python {
    fn drop(&mut self) {
        LOCAL.with(|local| local.in_python.set(self.0));
    }
}

/// Runs `body` while a lock is held that an alarm would need, or others would miss if the thread were held.
pub(crate) fn quietly<R>(body: impl FnOnce() -> R) -> R {
    struct Loud;
    impl Drop for Loud {
        fn drop(&mut self) {
            LOCAL.with(|local| local.quiet.set(local.quiet.get() - 1));
        }
    }
    LOCAL.with(|local| local.quiet.set(local.quiet.get() + 1));
    let _loud = Loud;
    body()
}

/// Runs the collector for a script that is over its limit. Finalizers that go on growing are told when they have taken as much
/// again.
pub(crate) fn collecting<R>(collect: impl FnOnce() -> R) -> R {
    LOCAL.with(|local| local.collecting.set(true));
    let collected = collect();
    LOCAL.with(|local| local.collecting.set(false));
    collected
}

pub(super) fn account() -> Option<&'static Account> {
    LOCAL.with(|local| local.account.get())
}

/// Charges a block that is about to be allocated, and returns whom to credit when it is freed.
#[inline]
pub(super) fn charge(bytes: usize) -> *const Account {
    LOCAL.with(|local| {
        let Some(account) = local.account.get() else {
            return ptr::null();
        };
        count(local, account, bytes as isize, bytes);
        ptr::from_ref(account)
    })
}

/// Charges (or credits) a change to a block of `owner`.
#[inline]
pub(super) fn adjust(owner: &'static Account, change: isize, request: usize) {
    LOCAL.with(|local| match local.account.get() {
        Some(account) if ptr::eq(account, owner) => count(local, account, change, request),
        account => change_other(local, account, owner, change, request),
    });
}

/// Of an account that is not the thread's own.
fn change_other(
    local: &Local,
    account: Option<&'static Account>,
    owner: &'static Account,
    change: isize,
    request: usize,
) {
    owner.add(change);
    match (owner.heir(), account) {
        (Some(heir), Some(account)) if ptr::eq(heir, account) => count(local, account, change, request),
        (Some(heir), _) => {
            heir.add(change);
        }
        (None, _) => {}
    }
}

#[inline]
fn count(local: &Local, account: &'static Account, change: isize, request: usize) {
    let pending = local.pending.get() + change;
    if pending.unsigned_abs() < STEP.unsigned_abs() {
        local.pending.set(pending);
        return;
    }
    local.pending.set(0);
    let now = account.add(pending);
    if pending > 0 {
        look(local, account, now, request);
    } else {
        // Notes that it is below its limit again.
        let _ = account.alarm(now);
    }
}

#[cold]
#[inline(never)]
fn look(local: &Local, account: &'static Account, now: i64, request: usize) {
    let collecting = local.collecting.get();
    if local.quiet.get() > 0 || (collecting && !account.is_beyond_collecting(now)) {
        return;
    }
    if local.in_python.get() && account.holds(now, request, collecting) {
        account.note_parked();
        tell(local, Alarm::Parked, request);
        loop {
            // For good. The thread's stack is full of frames that expect memory, and an allocator cannot unwind.
            thread::park();
        }
    }
    if let Some(alarm) = account.alarm(now) {
        tell(local, alarm, request);
    }
}

fn tell(local: &Local, alarm: Alarm, request: usize) {
    local.quiet.set(local.quiet.get() + 1);
    if let Some(on_alarm) = ON_ALARM.get() {
        on_alarm(alarm, request);
    }
    local.quiet.set(local.quiet.get() - 1);
}
