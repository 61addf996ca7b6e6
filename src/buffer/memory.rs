//! One piece of zeroed memory, and views of it. The unsafe code here rests on the list of borrows: bytes are touched under
//! its lock, or through a [`View`] that is on it.

use std::{
    alloc::{Layout, alloc_zeroed, dealloc},
    cell::RefCell,
    convert::Infallible,
    ops::Range,
    ptr::NonNull,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;
use parking_lot::Mutex;

use super::borrows::{Access, Borrows, Conflict, here, stranger};
use crate::sync::{Condition, Park};

/// Rows of numbers of any type start well here, and so do cache lines.
const ALIGNMENT: usize = 64;
/// For how long one waits for a view of another interpreter to go away: a read of the whole takes no longer, and a view
/// that is kept is reported.
const GRACE: Duration = Duration::from_millis(100);

/// The memory itself.
#[derive(Debug)]
pub(crate) struct Memory {
    start: NonNull<u8>,
    len: usize,
    borrows: Mutex<Borrows>,
    given_back: Arc<Condition>,
}

// SAFETY: the bytes are read and written under the lock of `borrows`, or through a `View`, of which the list allows
// either one that writes or several that read at a time, to different interpreters; an interpreter's own are used by its
// one thread.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    fn layout(len: usize) -> Option<Layout> {
        Layout::from_size_align(len.max(1), ALIGNMENT).ok()
    }

    /// Zeroed memory, or `None` if there is not that much.
    pub(crate) fn zeroed(len: usize) -> Option<Arc<Self>> {
        // SAFETY: the layout's size is at least 1.
        let start = unsafe { alloc_zeroed(Self::layout(len)?) };
        Some(Arc::new(Self {
            start: NonNull::new(start)?,
            len,
            borrows: Mutex::default(),
            given_back: Condition::new(),
        }))
    }

    fn release(&self, id: u64) {
        self.borrows.lock().remove(id);
        self.given_back.notify(usize::MAX);
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if let Some(layout) = Self::layout(self.len) {
            // SAFETY: it was allocated with this very layout, and whoever could point to it holds the `Arc` of this.
            unsafe { dealloc(self.start.as_ptr(), layout) };
        }
    }
}

/// A part of a memory, or the whole.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    memory: Arc<Memory>,
    range: Range<usize>,
}

thread_local! {
    /// Memories of which this thread's interpreter has had views.
    static LOOKED_AT: RefCell<Vec<Weak<Memory>>> = const { RefCell::new(Vec::new()) };
}

/// Gives up the views of the interpreter on this thread, which has ended: of those that were never freed nothing is
/// used again.
pub(crate) fn release_views() {
    for memory in LOOKED_AT.take().iter().filter_map(Weak::upgrade) {
        memory.borrows.lock().remove_owner(here());
        memory.given_back.notify(usize::MAX);
    }
}

impl Part {
    pub(crate) fn whole(memory: Arc<Memory>) -> Self {
        let range = 0..memory.len;
        Self { memory, range }
    }

    pub(crate) fn len(&self) -> usize {
        self.range.len()
    }

    /// Where it is, for comparing.
    pub(crate) fn address(&self) -> usize {
        self.memory.start.as_ptr().addr() + self.range.start
    }

    /// As many parts of it that lie side by side, of nearly the same length.
    pub(crate) fn split(&self, count: usize) -> Vec<Self> {
        let (least, longer) = (self.len() / count, self.len() % count);
        let mut start = self.range.start;
        let part = |index| {
            let len = least + usize::from(index < longer);
            start += len;
            Self {
                memory: self.memory.clone(),
                range: start - len..start,
            }
        };
        (0..count).map(part).collect()
    }

    /// Calls `look` with the bytes of `range` of this part.
    pub(crate) fn read<R>(&self, range: Range<usize>, look: impl FnOnce(&[u8]) -> R) -> Result<R, Conflict> {
        let range = self.absolute(range);
        let borrows = self.memory.borrows.lock();
        if let Some(conflict) = borrows.momentary_conflict(&range, Access::Read, here()) {
            return Err(conflict);
        }
        // SAFETY: in bounds (see `absolute`), and nobody else writes here: no other interpreter has a view that writes,
        // and momentary writes happen under the lock that is held.
        let bytes = unsafe { std::slice::from_raw_parts(self.memory.start.as_ptr().add(range.start), range.len()) };
        Ok(look(bytes))
    }

    /// Calls `change` with the bytes of `range` of this part.
    pub(crate) fn write<R>(&self, range: Range<usize>, change: impl FnOnce(&mut [u8]) -> R) -> Result<R, Conflict> {
        let range = self.absolute(range);
        let borrows = self.memory.borrows.lock();
        if let Some(conflict) = borrows.momentary_conflict(&range, Access::Write, here()) {
            return Err(conflict);
        }
        // SAFETY: in bounds (see `absolute`), and no other interpreter has a view of it; momentary access happens under
        // the lock that is held, and this thread is in no other access of its own.
        let bytes = unsafe { std::slice::from_raw_parts_mut(self.memory.start.as_ptr().add(range.start), range.len()) };
        Ok(change(bytes))
    }

    fn absolute(&self, range: Range<usize>) -> Range<usize> {
        assert!(
            range.start <= range.end && range.end <= self.len(),
            "outside of the part"
        );
        self.range.start + range.start..self.range.start + range.end
    }

    /// A view of it. If that of another interpreter is in the way, waits a moment for it to go.
    pub(crate) fn view<'a, E>(
        &self,
        access: Access,
        park: impl FnOnce(Instant) -> PatientPark<'a, E>,
    ) -> Result<View, Refused<E>> {
        self.acquire(
            here(),
            |borrows, owner| match borrows.conflict(&self.range, access, owner) {
                None => Ok(access),
                Some(conflict) => Err(conflict),
            },
            park,
        )
    }

    /// A view for code of the host, which excludes those of its own thread, too. `None` if another one stays in the way.
    pub(crate) fn host_view(&self, access: Access) -> Option<View> {
        let decide = |borrows: &Borrows, owner| match borrows.conflict(&self.range, access, owner) {
            None => Ok(access),
            Some(conflict) => Err(conflict),
        };
        let park = |deadline| -> PatientPark<'_, Infallible> {
            Box::new(move |woken| Ok(woken.recv_deadline(deadline).is_ok()))
        };
        self.acquire(stranger(), decide, park).ok()
    }

    /// A view that can write if nobody has one, and else one that can read.
    pub(crate) fn best_view<'a, E>(
        &self,
        park: impl FnOnce(Instant) -> PatientPark<'a, E>,
    ) -> Result<View, Refused<E>> {
        self.acquire(
            here(),
            |borrows, owner| {
                if borrows.is_free(&self.range) {
                    return Ok(Access::Write);
                }
                match borrows.conflict(&self.range, Access::Read, owner) {
                    None => Ok(Access::Read),
                    Some(conflict) => Err(conflict),
                }
            },
            park,
        )
    }

    fn acquire<'a, E>(
        &self,
        owner: u64,
        decide: impl Fn(&Borrows, u64) -> Result<Access, Conflict>,
        park: impl FnOnce(Instant) -> PatientPark<'a, E>,
    ) -> Result<View, Refused<E>> {
        let deadline = Instant::now() + GRACE;
        let mut park = park(deadline);
        loop {
            // Before the look, so that a view that goes right after it is noticed.
            let place = self.memory.given_back.enqueue();
            let conflict = {
                let mut borrows = self.memory.borrows.lock();
                match decide(&borrows, owner) {
                    Ok(access) => {
                        let id = borrows.add(self.range.clone(), access, owner);
                        drop(borrows);
                        LOOKED_AT.with_borrow_mut(|all| {
                            if all.len() == all.capacity() {
                                all.retain(|memory| memory.strong_count() > 0);
                            }
                            if !all
                                .iter()
                                .any(|known| std::ptr::eq(known.as_ptr(), Arc::as_ptr(&self.memory)))
                            {
                                all.push(Arc::downgrade(&self.memory));
                            }
                        });
                        return Ok(View {
                            part: self.clone(),
                            access,
                            id,
                            given_up: AtomicBool::new(false),
                        });
                    }
                    Err(conflict) => conflict,
                }
            };
            if conflict == Conflict::Own {
                return Err(Refused::InUse(conflict));
            }
            let park: Park<'_, E> = &mut *park;
            if !place.wait(park).map_err(Refused::Interrupted)? {
                return Err(Refused::InUse(conflict));
            }
        }
    }
}

/// A [`Park`] of one's own.
pub(crate) type PatientPark<'a, E> = Box<dyn FnMut(&Receiver<()>) -> Result<bool, E> + 'a>;

/// Why there is no view.
#[derive(Debug)]
pub(crate) enum Refused<E> {
    InUse(Conflict),
    Interrupted(E),
}

/// The right to look at a part, until it is dropped.
#[derive(Debug)]
pub(crate) struct View {
    part: Part,
    access: Access,
    id: u64,
    given_up: AtomicBool,
}

impl View {
    /// Gives the view up before it is dropped; it shows nothing from then on.
    pub(crate) fn give_up(&self) {
        if !self.given_up.swap(true, Ordering::SeqCst) {
            self.part.memory.release(self.id);
        }
    }

    fn range(&self) -> Range<usize> {
        let range = &self.part.range;
        if self.given_up.load(Ordering::SeqCst) {
            range.start..range.start
        } else {
            range.clone()
        }
    }

    pub(crate) fn access(&self) -> Access {
        self.access
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        let range = self.range();
        // SAFETY: in bounds, and while this exists no other interpreter writes here.
        unsafe { std::slice::from_raw_parts(self.part.memory.start.as_ptr().add(range.start), range.len()) }
    }

    /// # Safety
    /// Only for one that may write, on its interpreter's thread, and not while that thread uses another slice of the same
    /// bytes: the rules that the VM follows for a bytearray.
    #[expect(
        clippy::mut_from_ref,
        reason = "as with a cell; who may have one is on the list of borrows"
    )]
    pub(crate) unsafe fn bytes_mut(&self) -> &mut [u8] {
        debug_assert!(self.access == Access::Write, "a view that reads cannot write");
        let range = self.range();
        // SAFETY: in bounds, no other interpreter has a view of it, and the caller sees to this thread.
        unsafe { std::slice::from_raw_parts_mut(self.part.memory.start.as_ptr().add(range.start), range.len()) }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.give_up();
    }
}
