//! The global allocator that keeps accounts.
//!
//! In front of each block stands the account that it was charged to, in as many bytes as the block's alignment (at least
//! 8): `[ padding | account | block … ]`.

use std::{
    alloc::{GlobalAlloc, Layout},
    hint, ptr,
    sync::OnceLock,
};

use super::{account::Account, thread};

/// A global allocator that charges each block to the interpreter that allocates it; see the [module](super).
#[derive(Clone, Copy, Debug, Default)]
pub struct Accounting<A>(A);

impl<A> Accounting<A> {
    /// Keeps accounts of what `allocator` is asked for.
    pub const fn new(allocator: A) -> Self {
        Self(allocator)
    }
}

type Mark = *const Account;

/// The layout with room for the mark in front, and where the block begins in it.
#[inline]
fn with_mark(layout: Layout) -> Option<(Layout, usize)> {
    let align = layout.align().max(align_of::<Mark>());
    let offset = align.max(size_of::<Mark>());
    let size = layout.size().checked_add(offset)?;
    Layout::from_size_align(size, align).ok().map(|outer| (outer, offset))
}

/// # Safety
/// `block` was given out by [`Accounting`].
#[inline]
unsafe fn owner(block: *mut u8) -> Option<&'static Account> {
    // SAFETY: the mark is in front of each block, aligned as the block at least is, and accounts are never freed.
    unsafe { block.cast::<Mark>().sub(1).read().as_ref() }
}

impl<A: GlobalAlloc> Accounting<A> {
    /// # Safety
    /// As [`GlobalAlloc::alloc`]; `allocate` gives memory for the layout it is given, or null.
    #[inline]
    unsafe fn give(&self, layout: Layout, allocate: impl FnOnce(&A, Layout) -> *mut u8) -> *mut u8 {
        let Some((outer, offset)) = with_mark(layout) else {
            return ptr::null_mut();
        };
        let mark = thread::charge(layout.size());
        let base = allocate(&self.0, outer);
        if base.is_null() {
            // SAFETY: the mark is null or an account, which is never freed.
            if let Some(account) = unsafe { mark.as_ref() } {
                thread::adjust(account, -(layout.size() as isize), 0);
            }
            return base;
        }
        // SAFETY: the memory is `offset` bytes longer than the block, and `offset` keeps the block aligned and holds the
        // mark, whose own alignment divides it.
        unsafe {
            let block = base.add(offset);
            block.cast::<Mark>().sub(1).write(mark);
            block
        }
    }
}

// SAFETY: blocks are those of the inner allocator, moved by an offset that keeps their alignment, and are given back to it
// as they came. Nothing here unwinds or allocates, except for the alarm of a thread that is over its limit, which is called
// before the inner allocator is and is guarded against calling itself.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Accounting<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the outer layout is not empty.
        unsafe { self.give(layout, |inner, outer| inner.alloc(outer)) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { self.give(layout, |inner, outer| inner.alloc_zeroed(outer)) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some((outer, offset)) = with_mark(layout) else {
            return;
        };
        // SAFETY: the caller says that the block came from here, with this layout.
        unsafe {
            if let Some(account) = owner(block) {
                thread::adjust(account, -(layout.size() as isize), 0);
            }
            self.0.dealloc(block.sub(offset), outer);
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Some((outer, offset)) = with_mark(layout) else {
            return ptr::null_mut();
        };
        let Some(outer_size) = size.checked_add(offset) else {
            return ptr::null_mut();
        };
        let change = size as isize - layout.size() as isize;
        // SAFETY: as in `dealloc`. The mark is part of what the inner allocator moves.
        unsafe {
            let owner = owner(block);
            if let Some(account) = owner {
                thread::adjust(account, change, size);
            }
            let base = self.0.realloc(block.sub(offset), outer, outer_size);
            if base.is_null() {
                if let Some(account) = owner {
                    thread::adjust(account, -change, 0);
                }
                return base;
            }
            base.add(offset)
        }
    }
}

/// Whether the program's global allocator is an [`Accounting`].
///
/// ```
/// assert!(!ungil::alloc::is_installed());
/// ```
pub fn is_installed() -> bool {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    *INSTALLED.get_or_init(|| {
        // What a block of ours costs is seen in an account; the size is large enough not to wait in the thread's counter.
        let account = Account::open();
        let before = account.bytes();
        let size = 1 << 20;
        let seen = std::thread::scope(|scope| {
            let probe = scope.spawn(|| {
                let _tenant = thread::Tenant::enter(account);
                let block = hint::black_box(vec![0_u8; size]);
                let seen = account.bytes() >= before + size as u64;
                drop(block);
                seen
            });
            probe.join().unwrap_or(false)
        });
        account.close();
        seen
    })
}

/// Whether so many bytes more would take the interpreter of the calling thread over its limit of memory. For native code
/// that is about to ask for a lot, and can raise `MemoryError` instead.
pub fn would_exceed(bytes: usize) -> bool {
    thread::account().is_some_and(|account| account.would_exceed(bytes))
}

/// Moves a buffer that came from elsewhere to the account of the calling thread.
pub(crate) fn adopt<T>(buffer: &Vec<T>) {
    move_here(buffer.as_ptr().cast(), buffer.capacity().saturating_mul(size_of::<T>()));
}

/// As [`adopt`].
pub(crate) fn adopt_text(text: &String) {
    move_here(text.as_ptr(), text.capacity());
}

/// `block` is the buffer of a vector or string that the caller borrows, of so many bytes.
fn move_here(block: *const u8, bytes: usize) {
    if bytes == 0 || !is_installed() {
        return;
    }
    let block = block.cast_mut();
    // SAFETY: such a buffer is a block of the global allocator, which is an `Accounting`; it is borrowed, so it is not freed
    // meanwhile, and only who owns it could read the mark at the same time, to free or to adopt it.
    unsafe {
        let (old, new) = (owner(block), thread::account());
        if old.map(ptr::from_ref) == new.map(ptr::from_ref) {
            return;
        }
        block
            .cast::<Mark>()
            .sub(1)
            .write(new.map_or(ptr::null(), ptr::from_ref));
        if let Some(old) = old {
            thread::adjust(old, -(bytes as isize), 0);
        }
        if let Some(new) = new {
            thread::adjust(new, bytes as isize, 0);
        }
    }
}
