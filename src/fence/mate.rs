//! A thread that has its table of descriptors in common with a fenced one, but not the fence.
//!
//! It does what is granted and what the kernel would refuse to the fenced thread itself, on that thread's descriptors by
//! their numbers. It never blocks, and scripts know nothing of it.

use std::{
    fs::File,
    io,
    os::fd::{AsRawFd, IntoRawFd, RawFd},
    thread,
};

use crossbeam_channel::{Sender, bounded, unbounded};

type Work = Box<dyn FnOnce() + Send>;

pub(super) struct Mate {
    work: Sender<Work>,
    thread: i32,
}

impl Mate {
    /// Call it before the calling thread is fenced, and after it got its own table.
    pub(super) fn start() -> io::Result<Self> {
        // Unbounded, but whoever sends waits for the answer.
        let (work, incoming) = unbounded::<Work>();
        let (started, thread) = bounded(1);
        // Not by way of the spawner: that this one inherits the table is what it is for.
        thread::Builder::new().name("ungil-mate".to_owned()).spawn(move || {
            let _ = started.send(own_number());
            incoming.into_iter().for_each(|work| work());
        })?;
        let thread = thread.recv().map_err(io::Error::other)?;
        Ok(Self { work, thread })
    }

    /// Has `work` done, which must not block, and waits for it.
    pub(super) fn run<R: Send + 'static>(&self, work: impl FnOnce() -> R + Send + 'static) -> io::Result<R> {
        let (done, result) = bounded(1);
        let work = Box::new(move || {
            let _ = done.send(work());
        });
        self.work.send(work).map_err(|_| io::ErrorKind::NotConnected)?;
        result.recv().map_err(io::Error::other)
    }

    /// A pipe: the number of its reading end in the common table, and its writing end in the process's.
    /// `outside` has a function called on the host's side, and makes something of the file that it gives.
    pub(super) fn pipe<R>(
        &self,
        outside: impl FnOnce(Box<dyn FnOnce() -> io::Result<File> + Send>) -> io::Result<R>,
    ) -> io::Result<(RawFd, R)> {
        let made = self.run(|| io::pipe().map(|(reader, writer)| (reader.into_raw_fd(), writer.into_raw_fd())))?;
        let (reader, writer) = made?;
        // The one way into another thread's table: opening what one of its numbers stands for.
        let path = format!("/proc/self/task/{}/fd/{writer}", self.thread);
        let opened = outside(Box::new(move || File::options().write(true).open(path)));
        self.run(move || close(writer))?;
        if opened.is_err() {
            self.run(move || close(reader))?;
        }
        opened.map(|opened| (reader, opened))
    }

    /// Closes whatever is in the table, and has the numbers of the standard streams lead nowhere.
    pub(super) fn clear(&self) -> io::Result<()> {
        self.run(|| {
            // SAFETY: the table is that of two threads. The fenced one waits, and what its interpreter had open is not
            // used again; this one has nothing open.
            if unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) } != 0 {
                return Err(io::Error::last_os_error());
            }
            let nowhere = File::options().read(true).write(true).open("/dev/null")?;
            for stream in 0..3 {
                // SAFETY: as above.
                if unsafe { libc::dup2(nowhere.as_raw_fd(), stream) } < 0 {
                    return Err(io::Error::last_os_error());
                }
            }
            Ok(())
        })?
    }
}

/// By number and not by an owner: whether it is still what it was is the script's affair.
fn close(number: RawFd) {
    let _ = nix::unistd::close(number);
}

fn own_number() -> i32 {
    #[cfg(target_os = "linux")]
    return nix::unistd::gettid().as_raw();
    #[cfg(not(target_os = "linux"))]
    0
}
