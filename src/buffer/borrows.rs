//! Who may look at which part of a memory.

use std::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::control::Control;

/// What a view is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Any number of views may read, as long as nobody else's writes.
    Read,
    /// One view alone.
    Write,
}

/// One view that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Borrow {
    pub(super) range: Range<usize>,
    pub(super) access: Access,
    /// The interpreter that has it.
    pub(super) owner: u64,
    pub(super) id: u64,
}

/// The interpreter on this thread; 0 on others.
pub(super) fn here() -> u64 {
    Control::current().map_or(0, |control| control.id())
}

/// Somebody who is nobody else, for one view: of the host's code nothing is known but that it has it.
pub(super) fn stranger() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(u64::MAX);
    // Interpreters are counted from the other end.
    NEXT.fetch_sub(1, Ordering::Relaxed)
}

/// Why a view cannot be had now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conflict {
    /// A view of this very interpreter is in the way: waiting would be for ever.
    Own,
    /// A view of another interpreter is in the way.
    Foreign,
}

/// All views of one memory that exist now.
#[derive(Debug, Default)]
pub(super) struct Borrows {
    all: Vec<Borrow>,
    next: u64,
}

impl Borrows {
    fn overlapping<'a>(&'a self, range: &'a Range<usize>) -> impl Iterator<Item = &'a Borrow> {
        self.all
            .iter()
            .filter(move |borrow| borrow.range.start < range.end && range.start < borrow.range.end)
    }

    /// What keeps `owner` from having a view.
    pub(super) fn conflict(&self, range: &Range<usize>, access: Access, owner: u64) -> Option<Conflict> {
        let in_the_way = |borrow: &&Borrow| match access {
            Access::Write => true,
            // One's own writable view is no danger: a thread does one thing at a time.
            Access::Read => borrow.access == Access::Write && borrow.owner != owner,
        };
        let mut conflicts = self.overlapping(range).filter(in_the_way).peekable();
        conflicts.peek()?;
        let own = conflicts.any(|borrow| borrow.owner == owner);
        Some(if own { Conflict::Own } else { Conflict::Foreign })
    }

    /// What keeps `owner` from touching the bytes for a moment, without a view.
    pub(super) fn momentary_conflict(&self, range: &Range<usize>, access: Access, owner: u64) -> Option<Conflict> {
        let in_the_way =
            |borrow: &Borrow| borrow.owner != owner && (access, borrow.access) != (Access::Read, Access::Read);
        self.overlapping(range).any(in_the_way).then_some(Conflict::Foreign)
    }

    /// True if nobody has a view that overlaps.
    pub(super) fn is_free(&self, range: &Range<usize>) -> bool {
        self.overlapping(range).next().is_none()
    }

    pub(super) fn add(&mut self, range: Range<usize>, access: Access, owner: u64) -> u64 {
        self.next += 1;
        let id = self.next;
        self.all.push(Borrow {
            range,
            access,
            owner,
            id,
        });
        id
    }

    pub(super) fn remove(&mut self, id: u64) {
        self.all.retain(|borrow| borrow.id != id);
    }

    pub(super) fn remove_owner(&mut self, owner: u64) {
        self.all.retain(|borrow| borrow.owner != owner);
    }
}
