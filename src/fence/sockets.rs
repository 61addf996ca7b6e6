//! What is done to the sockets of a fenced thread that it may not do itself, after asking the permissions.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs},
    os::fd::{BorrowedFd, RawFd},
    sync::Arc,
    time::{Duration, Instant},
};

use nix::{
    fcntl::{FcntlArg, OFlag, fcntl},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::socket::{
        AddressFamily, Backlog, SockType, SockaddrLike, SockaddrStorage, bind, connect, getsockname, getsockopt,
        listen, sockopt,
    },
};
use rustpython_vm::{PyResult, VirtualMachine};

use super::{outside, policy::Fence};

/// What is to be done to a socket.
#[derive(Clone, Copy)]
enum Action {
    Connect(SocketAddr),
    Bind(SocketAddr),
    Listen(i32),
}

/// Connects a socket of this thread to a host; `timeout` as Python has it, none to wait and zero not to.
pub(super) fn connect_to(
    vm: &VirtualMachine,
    fence: &Arc<Fence>,
    socket: RawFd,
    host: String,
    port: u16,
    timeout: Option<Duration>,
) -> PyResult<io::Result<()>> {
    let v6 = match is_v6(socket) {
        Ok(v6) => v6,
        Err(error) => return Ok(Err(error)),
    };
    let fence = fence.clone();
    let address = outside::call(vm, move || connectable(&fence, &host, port, v6))?;
    match address.and_then(|address| act(socket, Action::Connect(address))) {
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) && timeout != Some(Duration::ZERO) => {
            wait_connected(vm, socket, timeout)
        }
        outcome => Ok(outcome),
    }
}

/// Binds a socket of this thread.
pub(super) fn bind_to(
    vm: &VirtualMachine,
    fence: &Arc<Fence>,
    socket: RawFd,
    host: String,
    port: u16,
) -> PyResult<io::Result<()>> {
    let v6 = match is_v6(socket) {
        Ok(v6) => v6,
        Err(error) => return Ok(Err(error)),
    };
    let fence = fence.clone();
    let address = outside::call(vm, move || bindable(&fence, &host, port, v6))?;
    Ok(address.and_then(|address| act(socket, Action::Bind(address))))
}

/// Has a bound socket of this thread listen.
pub(super) fn listen_on(socket: RawFd, backlog: i32) -> io::Result<()> {
    is_v6(socket)?;
    act(socket, Action::Listen(backlog))
}

/// Has it done by the thread that has the same table. Decided is it already; the script waits, and cannot put another
/// socket under the number.
fn act(socket: RawFd, action: Action) -> io::Result<()> {
    let mate = outside::mate().ok_or(io::ErrorKind::NotConnected)?;
    mate.run(move || carry_out(socket, action))?
}

/// The addresses of a name, which may then be connected to as far as the name may.
pub(super) fn resolve(fence: &Fence, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let found: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
    fence.remember_resolved(host, port, &found);
    Ok(found)
}

/// Of TCP sockets, the family; others are not to be used.
fn is_v6(socket: RawFd) -> io::Result<bool> {
    let family = getsockname::<SockaddrStorage>(socket)?.family();
    // SAFETY: it is a socket of this thread, which does nothing else with it during the call.
    let kind = getsockopt(&unsafe { BorrowedFd::borrow_raw(socket) }, sockopt::SockType)?;
    match (family, kind) {
        (Some(AddressFamily::Inet), SockType::Stream) => Ok(false),
        (Some(AddressFamily::Inet6), SockType::Stream) => Ok(true),
        _ => Err(refused("a socket that is not TCP")),
    }
}

fn carry_out(socket: RawFd, action: Action) -> io::Result<()> {
    match action {
        Action::Connect(address) => start_connecting(socket, address),
        Action::Bind(address) => bind(socket, &SockaddrStorage::from(address)).map_err(io::Error::from),
        Action::Listen(backlog) => {
            // Listening without a bind takes a port that nobody has granted.
            let own = getsockname::<SockaddrStorage>(socket)?;
            let v4 = own.as_sockaddr_in().map(|own| own.port());
            let port = v4.or_else(|| own.as_sockaddr_in6().map(|own| own.port()));
            if port.unwrap_or_default() == 0 {
                return Err(refused("listening on a socket that is not bound"));
            }
            // SAFETY: the script whose socket it is waits for the end of this.
            let socket = unsafe { BorrowedFd::borrow_raw(socket) };
            listen(&socket, Backlog::new(backlog)?).map_err(io::Error::from)
        }
    }
}

fn refused(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, what.to_owned())
}

fn connectable(fence: &Fence, host: &str, port: u16, v6: bool) -> io::Result<SocketAddr> {
    let what = || refused(&format!("connecting to {host}:{port}"));
    if let Ok(address) = host.parse::<IpAddr>() {
        let address = SocketAddr::new(address, port);
        let granted = fence.allows_connect(address);
        return if granted {
            of_family(address, v6).ok_or_else(what)
        } else {
            Err(what())
        };
    }
    if !fence.allows_connect_to(host, port) {
        return Err(what());
    }
    let found = resolve(fence, host, port)?;
    let fitting = found.into_iter().find_map(|address| of_family(address, v6));
    fitting.ok_or_else(|| io::Error::new(io::ErrorKind::AddrNotAvailable, format!("{host} has no such address")))
}

fn bindable(fence: &Fence, host: &str, port: u16, v6: bool) -> io::Result<SocketAddr> {
    let any: IpAddr = if v6 {
        Ipv6Addr::UNSPECIFIED.into()
    } else {
        Ipv4Addr::UNSPECIFIED.into()
    };
    let candidates = match host.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) if host.is_empty() => vec![SocketAddr::new(any, port)],
        Err(_) if fence.allows_resolving(host) => (host, port).to_socket_addrs()?.collect(),
        Err(_) => Vec::new(),
    };
    let granted = candidates
        .into_iter()
        .find(|address| fence.allows_bind(*address) || fence.allows_bind_to(host, port));
    let fitting = granted.and_then(|address| of_family(address, v6));
    fitting.ok_or_else(|| refused(&format!("listening on {host}:{port}")))
}

fn of_family(address: SocketAddr, v6: bool) -> Option<SocketAddr> {
    match address {
        SocketAddr::V4(v4) if v6 => Some(SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port())),
        SocketAddr::V6(v6_address) if !v6 => v6_address
            .ip()
            .to_ipv4_mapped()
            .map(|ip| SocketAddr::new(ip.into(), v6_address.port())),
        fitting => Some(fitting),
    }
}

/// Does not wait for the connection, whatever kind of socket it is.
fn start_connecting(socket: RawFd, address: SocketAddr) -> io::Result<()> {
    // SAFETY: the script whose socket it is waits for the end of this.
    let borrowed = unsafe { BorrowedFd::borrow_raw(socket) };
    let before = OFlag::from_bits_retain(fcntl(borrowed, FcntlArg::F_GETFL)?);
    fcntl(borrowed, FcntlArg::F_SETFL(before | OFlag::O_NONBLOCK))?;
    let outcome = connect(socket, &SockaddrStorage::from(address)).map_err(io::Error::from);
    fcntl(borrowed, FcntlArg::F_SETFL(before))?;
    outcome
}

/// On the fenced thread: until the connection is made, the time is over, or the script is interrupted.
fn wait_connected(vm: &VirtualMachine, socket: RawFd, timeout: Option<Duration>) -> PyResult<io::Result<()>> {
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    loop {
        vm.check_signals()?;
        let left = match deadline {
            None => PollTimeout::NONE,
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                PollTimeout::try_from(left.as_millis().clamp(1, 60_000)).unwrap_or(PollTimeout::ZERO)
            }
        };
        // SAFETY: it is a socket of this thread, which does nothing else with it during the call.
        let borrowed = unsafe { BorrowedFd::borrow_raw(socket) };
        let mut watched = [PollFd::new(borrowed, PollFlags::POLLOUT)];
        match poll(&mut watched, left) {
            Ok(0) if deadline.is_some_and(|deadline| Instant::now() >= deadline) => {
                return Ok(Err(io::ErrorKind::TimedOut.into()));
            }
            Ok(0) | Err(nix::errno::Errno::EINTR) => {}
            Ok(_) => {
                return Ok(match getsockopt(&borrowed, sockopt::SocketError) {
                    Ok(0) => Ok(()),
                    Ok(code) => Err(io::Error::from_raw_os_error(code)),
                    Err(error) => Err(error.into()),
                });
            }
            Err(error) => return Ok(Err(error.into())),
        }
    }
}
