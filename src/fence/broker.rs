//! Handing descriptors of a fenced thread, which has a table of its own, to the host's side.

use std::{
    io::{self, IoSlice, IoSliceMut},
    os::{
        fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
        unix::net::UnixDatagram,
    },
};

use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};

/// A pair of sockets, one end on either side. A script can find its end and use it as it likes: what it can send is its
/// own descriptors, and what is done with them was decided before; what it can take is meant for it.
pub(super) struct Broker {
    host_end: UnixDatagram,
    guest_number: RawFd,
}

impl Broker {
    /// With the fenced thread's end, which is a descriptor of the process still.
    pub(super) fn new() -> io::Result<(Self, OwnedFd)> {
        let (host_end, guest_end) = UnixDatagram::pair()?;
        let guest_end = OwnedFd::from(guest_end);
        let broker = Self {
            host_end,
            guest_number: guest_end.as_raw_fd(),
        };
        Ok((broker, guest_end))
    }

    /// Of the thread's end, in the thread's table.
    pub(super) fn guest_number(&self) -> RawFd {
        self.guest_number
    }

    /// On the fenced thread: gives one of its descriptors to the next work that the host's side gets.
    pub(super) fn give(&self, descriptor: RawFd) -> io::Result<()> {
        send(self.guest_number, descriptor)
    }

    /// On the host's side: what was given.
    pub(super) fn given(&self) -> io::Result<OwnedFd> {
        receive(self.host_end.as_raw_fd())
    }

    /// On the host's side: puts a descriptor on its way into the fenced thread's table.
    pub(super) fn grant(&self, descriptor: &impl AsRawFd) -> io::Result<()> {
        send(self.host_end.as_raw_fd(), descriptor.as_raw_fd())
    }

    /// On the fenced thread: what was granted.
    pub(super) fn granted(&self) -> io::Result<OwnedFd> {
        receive(self.guest_number)
    }
}

fn send(through: RawFd, descriptor: RawFd) -> io::Result<()> {
    let sent = sendmsg::<()>(
        through,
        &[IoSlice::new(&[0])],
        &[ControlMessage::ScmRights(&[descriptor])],
        MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL,
        None,
    );
    sent.map(drop).map_err(io::Error::from)
}

fn receive(through: RawFd) -> io::Result<OwnedFd> {
    let mut byte = [0];
    let mut parts = [IoSliceMut::new(&mut byte)];
    let mut space = nix::cmsg_space!([RawFd; 4]);
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<()>(through, &mut parts, Some(&mut space), flags)?;
    let mut received = Vec::new();
    for control in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(numbers) = control {
            // SAFETY: the kernel has just put these into the table of this thread, for this receiver alone.
            received.extend(
                numbers
                    .into_iter()
                    .map(|number| unsafe { OwnedFd::from_raw_fd(number) }),
            );
        }
    }
    let wrong = || io::Error::other("the script's end of the sandbox's socket was tampered with");
    match received.len() {
        1 => received.pop().ok_or_else(wrong),
        _ => Err(wrong()),
    }
}
