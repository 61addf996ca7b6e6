//! Memory that every interpreter may write at any time, as processes share memory: at an address of its own, so that the
//! exclusive slices which the VM makes of it are of different memory as far as the program can tell.

use std::{io, ptr::NonNull, sync::Arc};

/// The memory, which lives as long as anyone maps it. Nothing is read or written at its own address.
#[derive(Debug)]
pub(crate) struct Mapping(Mapped);

/// The same memory, at an address that is one interpreter's alone.
#[derive(Debug)]
pub(crate) struct Window {
    mapped: Mapped,
    mapping: Arc<Mapping>,
}

impl Mapping {
    /// Zeroed memory.
    pub(crate) fn new(len: usize) -> io::Result<Arc<Self>> {
        Mapped::new(len).map(|mapped| Arc::new(Self(mapped)))
    }

    pub(crate) fn window(self: &Arc<Self>) -> io::Result<Window> {
        Ok(Window {
            mapped: self.0.again()?,
            mapping: self.clone(),
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len
    }
}

impl Window {
    pub(crate) fn mapping(&self) -> &Arc<Mapping> {
        &self.mapping
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: mapped with that length until this is dropped, and at this address used by one interpreter's thread
        // only. That others change the memory elsewhere is what its users lock against, as with shared memory anywhere.
        unsafe { std::slice::from_raw_parts(self.mapped.start.as_ptr(), self.mapped.len) }
    }

    /// # Safety
    /// On the interpreter's thread, and not while that thread uses another slice of this window: the rules that the VM
    /// follows for a bytearray.
    #[expect(clippy::mut_from_ref, reason = "as with a cell; a window is one interpreter's alone")]
    pub(crate) unsafe fn bytes_mut(&self) -> &mut [u8] {
        // SAFETY: as for `bytes`; the caller sees to this thread.
        unsafe { std::slice::from_raw_parts_mut(self.mapped.start.as_ptr(), self.mapped.len) }
    }
}

#[derive(Debug)]
struct Mapped {
    start: NonNull<u8>,
    len: usize,
    #[cfg(all(unix, not(target_os = "linux")))]
    file: Arc<std::fs::File>,
}

// SAFETY: an address range; what is done with the bytes is said at `Window`.
unsafe impl Send for Mapped {}
// SAFETY: as above.
unsafe impl Sync for Mapped {}

#[cfg(unix)]
fn mapped_len(len: usize) -> usize {
    len.max(1)
}

#[cfg(unix)]
fn checked(address: *mut libc::c_void) -> io::Result<NonNull<u8>> {
    if address == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    NonNull::new(address.cast()).ok_or_else(io::Error::last_os_error)
}

#[cfg(target_os = "linux")]
impl Mapped {
    fn new(len: usize) -> io::Result<Self> {
        let (protection, flags) = (
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANONYMOUS,
        );
        // SAFETY: a new mapping where the system likes, of nothing else.
        let address = unsafe { libc::mmap(std::ptr::null_mut(), mapped_len(len), protection, flags, -1, 0) };
        Ok(Self {
            start: checked(address)?,
            len,
        })
    }

    fn again(&self) -> io::Result<Self> {
        // SAFETY: an old size of 0 makes a second mapping of the same shared memory and leaves the first as it is.
        let address = unsafe {
            libc::mremap(
                self.start.as_ptr().cast(),
                0,
                mapped_len(self.len),
                libc::MREMAP_MAYMOVE,
            )
        };
        Ok(Self {
            start: checked(address)?,
            len: self.len,
        })
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
impl Mapped {
    fn new(len: usize) -> io::Result<Self> {
        use std::sync::atomic::{AtomicU64, Ordering};
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ungil-shared-{}-{number}", std::process::id()));
        let file = std::fs::File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)?;
        std::fs::remove_file(&path)?;
        file.set_len(mapped_len(len) as u64)?;
        Self::of(Arc::new(file), len)
    }

    fn of(file: Arc<std::fs::File>, len: usize) -> io::Result<Self> {
        use std::os::fd::AsRawFd;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping where the system likes, of a file that has that length and that nobody else can open.
        let address = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                mapped_len(len),
                protection,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        Ok(Self {
            start: checked(address)?,
            len,
            file,
        })
    }

    fn again(&self) -> io::Result<Self> {
        Self::of(self.file.clone(), self.len)
    }
}

#[cfg(not(unix))]
impl Mapped {
    fn new(_len: usize) -> io::Result<Self> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "shared memory at several addresses needs a Unix system; use ungil.SharedBuffer",
        ))
    }

    fn again(&self) -> io::Result<Self> {
        Self::new(self.len)
    }
}

#[cfg(unix)]
impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: mapped here with that length, and nobody points into it any more.
        unsafe { libc::munmap(self.start.as_ptr().cast(), mapped_len(self.len)) };
    }
}
