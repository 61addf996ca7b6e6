//! What the host's side does to the sockets of a fenced thread, after asking the permissions.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs},
    os::fd::{AsFd, AsRawFd, OwnedFd, RawFd},
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
pub(super) enum Action {
    Connect {
        fence: Arc<Fence>,
        host: String,
        port: u16,
        /// As Python has it: none to wait, zero not to.
        timeout: Option<Duration>,
    },
    Bind {
        fence: Arc<Fence>,
        host: String,
        port: u16,
    },
    Listen {
        backlog: i32,
    },
}

/// Has it done, and waits for it.
pub(super) fn act(vm: &VirtualMachine, socket: RawFd, action: Action) -> PyResult<io::Result<()>> {
    let Some(broker) = outside::broker() else {
        return Err(vm.new_system_error("a sandboxed socket on a thread without a fence"));
    };
    if let Err(error) = broker.give(socket) {
        return Ok(Err(error));
    }
    outside::call(vm, move || broker.given().and_then(|socket| carry_out(&socket, action)))
}

/// The addresses of a name, which may then be connected to as far as the name may.
pub(super) fn resolve(fence: &Fence, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let found: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
    fence.remember_resolved(host, port, &found);
    Ok(found)
}

fn carry_out(socket: &OwnedFd, action: Action) -> io::Result<()> {
    let family = getsockname::<SockaddrStorage>(socket.as_raw_fd())?.family();
    let kind = getsockopt(socket, sockopt::SockType)?;
    let v6 = match (family, kind) {
        (Some(AddressFamily::Inet), SockType::Stream) => false,
        (Some(AddressFamily::Inet6), SockType::Stream) => true,
        _ => return Err(refused("a socket that is not TCP")),
    };
    match action {
        Action::Connect {
            fence,
            host,
            port,
            timeout,
        } => {
            let address = connectable(&fence, &host, port, v6)?;
            connect_within(socket, address, timeout)
        }
        Action::Bind { fence, host, port } => {
            let address = bindable(&fence, &host, port, v6)?;
            bind(socket.as_raw_fd(), &SockaddrStorage::from(address)).map_err(io::Error::from)
        }
        Action::Listen { backlog } => {
            // Listening without a bind takes a port that nobody has granted.
            let own = getsockname::<SockaddrStorage>(socket.as_raw_fd())?;
            let port = own
                .as_sockaddr_in()
                .map(|own| own.port())
                .or_else(|| own.as_sockaddr_in6().map(|own| own.port()));
            if port.unwrap_or_default() == 0 {
                return Err(refused("listening on a socket that is not bound"));
            }
            listen(socket, Backlog::new(backlog)?).map_err(io::Error::from)
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

fn connect_within(socket: &OwnedFd, address: SocketAddr, timeout: Option<Duration>) -> io::Result<()> {
    let before = OFlag::from_bits_retain(fcntl(socket, FcntlArg::F_GETFL)?);
    fcntl(socket, FcntlArg::F_SETFL(before | OFlag::O_NONBLOCK))?;
    let outcome = match connect(socket.as_raw_fd(), &SockaddrStorage::from(address)) {
        Err(nix::errno::Errno::EINPROGRESS) if timeout != Some(Duration::ZERO) => wait_connected(socket, timeout),
        outcome => outcome.map_err(io::Error::from),
    };
    fcntl(socket, FcntlArg::F_SETFL(before))?;
    outcome
}

fn wait_connected(socket: &OwnedFd, timeout: Option<Duration>) -> io::Result<()> {
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    loop {
        let left = match deadline {
            None => PollTimeout::NONE,
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                PollTimeout::try_from(left.as_millis().min(60_000)).unwrap_or(PollTimeout::ZERO)
            }
        };
        let mut watched = [PollFd::new(socket.as_fd(), PollFlags::POLLOUT)];
        match poll(&mut watched, left) {
            Ok(0) if deadline.is_some_and(|deadline| Instant::now() >= deadline) => {
                return Err(io::ErrorKind::TimedOut.into());
            }
            Ok(0) | Err(nix::errno::Errno::EINTR) => {}
            Ok(_) => {
                return match getsockopt(socket, sockopt::SocketError)? {
                    0 => Ok(()),
                    code => Err(io::Error::from_raw_os_error(code)),
                };
            }
            Err(error) => return Err(error.into()),
        }
    }
}
