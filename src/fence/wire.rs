//! A descriptor that an event loop watches, and that any thread can make readable.

use std::{
    io::{self, PipeReader, PipeWriter, Read, Write},
    mem::ManuallyDrop,
    sync::Arc,
};

use super::outside::{self, HostOwned};

/// The end that makes the other one readable. It works from every thread, whatever table of descriptors that has.
#[derive(Clone)]
pub(crate) struct Signal(HostOwned<PipeWriter>);

/// The end to watch. Never dropped on another thread than the one it was made for.
pub(crate) struct Watched(ManuallyDrop<PipeReader>);

impl Watched {
    fn new(reader: PipeReader) -> Self {
        Self(ManuallyDrop::new(reader))
    }

    /// Takes what one [`Signal::raise`] has written, and waits for it if need be.
    pub(crate) fn take(&self) -> io::Result<()> {
        (&*self.0).read_exact(&mut [0])
    }

    /// What an event loop can watch; `None` where it cannot watch pipes.
    pub(crate) fn descriptor(&self) -> Option<i32> {
        #[cfg(unix)]
        return Some(std::os::fd::AsRawFd::as_raw_fd(&*self.0));
        #[cfg(not(unix))]
        None
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // A script may have closed the number already, which Rust's own types take for a reason to abort the process.
        #[cfg(unix)]
        if let Some(number) = self.descriptor() {
            let _ = nix::unistd::close(number);
        }
        #[cfg(not(unix))]
        // SAFETY: it is dropped once, here, and not used afterwards.
        unsafe {
            ManuallyDrop::drop(&mut self.0);
        }
    }
}

/// A pipe whose reading end belongs to the calling thread.
pub(crate) fn wire() -> io::Result<(Watched, Signal)> {
    #[cfg(unix)]
    if outside::has_own_table() {
        return wire_from_outside();
    }
    let (reader, writer) = io::pipe()?;
    Ok((Watched::new(reader), Signal(HostOwned::new(Arc::new(writer)))))
}

/// The writing end is one of the process's own, so that no script can have the host write to something else.
#[cfg(unix)]
fn wire_from_outside() -> io::Result<(Watched, Signal)> {
    use std::os::fd::{FromRawFd, OwnedFd};

    let mate = outside::mate().ok_or(io::ErrorKind::NotConnected)?;
    let (reader, signal) = mate.pipe(|open| {
        let (done, result) = crossbeam_channel::bounded(1);
        outside::later(move || {
            let signal = open().map(|file| Signal(HostOwned::new(Arc::new(OwnedFd::from(file).into()))));
            let _ = done.send(signal);
        });
        // Not interruptible, but the helper never does anything long that is not waited for.
        result.recv().map_err(io::Error::other)?
    })?;
    // SAFETY: the number was made for this, in the table of this thread, which alone can use it.
    let reader = unsafe { OwnedFd::from_raw_fd(reader) };
    Ok((Watched::new(PipeReader::from(reader)), signal))
}

impl Signal {
    /// Writes one byte. The caller sees to it that there are never more than a pipe holds.
    pub(crate) fn raise(&self) -> io::Result<()> {
        let writer = self.0.get().clone();
        if outside::has_own_table() {
            outside::later(move || {
                let _ = (&*writer).write_all(&[1]);
            });
            return Ok(());
        }
        (&*writer).write_all(&[1])
    }
}
