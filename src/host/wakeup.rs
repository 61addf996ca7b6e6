//! A pipe that wakes an event loop, and what it is woken for.

use std::io::{self, PipeReader, PipeWriter, Read, Write};

use parking_lot::Mutex;

/// Numbers that any thread may push, with a descriptor that is readable while there are some.
pub(super) struct Wakeup {
    queue: Mutex<Queue>,
    reader: PipeReader,
    writer: PipeWriter,
}

#[derive(Default)]
struct Queue {
    numbers: Vec<u64>,
    /// A byte is in the pipe. There is never more than one, so neither end can block.
    signalled: bool,
}

impl Wakeup {
    pub(super) fn new() -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        Ok(Self {
            queue: Mutex::default(),
            reader,
            writer,
        })
    }

    pub(super) fn push(&self, number: u64) {
        let mut queue = self.queue.lock();
        queue.numbers.push(number);
        if !queue.signalled {
            queue.signalled = (&self.writer).write_all(&[1]).is_ok();
        }
    }

    /// Everything that was pushed since the last time.
    pub(super) fn drain(&self) -> io::Result<Vec<u64>> {
        let mut queue = self.queue.lock();
        if queue.signalled {
            (&self.reader).read_exact(&mut [0])?;
            queue.signalled = false;
        }
        Ok(std::mem::take(&mut queue.numbers))
    }

    /// What an event loop can watch; `None` where it cannot watch pipes.
    pub(super) fn descriptor(&self) -> Option<i32> {
        #[cfg(unix)]
        return Some(std::os::fd::AsRawFd::as_raw_fd(&self.reader));
        #[cfg(not(unix))]
        None
    }
}
