//! Sockets: those that reach somewhere are connected, bound and set to listen on the host's side.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::fd::RawFd,
    sync::Arc,
    time::Duration,
};

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, TryFromBorrowedObject, TryFromObject, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyStr, PyTuple, PyType},
    convert::IntoPyException,
    function::FuncArgs,
};

use super::{Rule, arguments, gate_init, gate_method, initialize, refusal};
use crate::fence::{Fence, outside, sockets};

const CONNECT: &str = "allow_connect(address)";
const BIND: &str = "allow_bind(address)";

pub(super) fn gate_sockets(vm: &VirtualMachine, class: &'static Py<PyType>, fence: &Arc<Fence>) -> PyResult<()> {
    gate_init(vm, class, init_socket);
    let rules = [
        ("connect", Rule::Instead(connect)),
        ("connect_ex", Rule::Instead(connect_ex)),
        ("bind", Rule::Instead(bind)),
        ("listen", Rule::Instead(listen)),
        ("sendto", Rule::Refuse("")),
        ("sendmsg", Rule::Ask(sendmsg)),
        ("sendmsg_afalg", Rule::Refuse("")),
        ("ioctl", Rule::Refuse("")),
        ("share", Rule::Refuse("")),
    ];
    for (name, rule) in rules {
        gate_method(vm, class, name, rule, fence);
    }
    Ok(())
}

fn init_socket(object: &PyObject, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    initialize(init_socket, ask_socket, object, args, vm)
}

/// TCP alone, unless it is made from a descriptor, which the thread must have already.
fn ask_socket(_: &PyObject, mut args: FuncArgs, vm: &VirtualMachine) -> PyResult<FuncArgs> {
    let Some(fence) = outside::current() else {
        return Ok(args);
    };
    if arguments::get(&args, 3, "fileno").is_some_and(|given| !vm.is_none(&given)) {
        return Ok(args);
    }
    let family = arguments::number(vm, &mut args, 0, "family")?.unwrap_or(-1);
    let kind = arguments::number(vm, &mut args, 1, "type")?.unwrap_or(-1);
    if !fence.uses_network() {
        return Err(refusal(vm, "socket", CONNECT));
    }
    let families = [-1, libc::AF_INET, libc::AF_INET6].map(i64::from);
    let kind = if kind == -1 {
        kind
    } else {
        kind & !i64::from(libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK)
    };
    if !families.contains(&family) || ![-1, i64::from(libc::SOCK_STREAM)].contains(&kind) {
        return Err(refusal(vm, "socket of another kind than TCP", ""));
    }
    Ok(args)
}

pub(super) fn socketpair(vm: &VirtualMachine, _: &Arc<Fence>, name: &str, args: &mut FuncArgs) -> PyResult<()> {
    let family = arguments::number(vm, args, 0, "family")?.unwrap_or(i64::from(libc::AF_UNIX));
    let kind = arguments::number(vm, args, 1, "type")?.unwrap_or(i64::from(libc::SOCK_STREAM));
    if family == i64::from(libc::AF_UNIX) && kind == i64::from(libc::SOCK_STREAM) {
        return Ok(());
    }
    Err(refusal(vm, &format!("{name} of another kind than a stream"), ""))
}

fn sendmsg(vm: &VirtualMachine, _: &Arc<Fence>, name: &str, args: &mut FuncArgs) -> PyResult<()> {
    // The object itself comes first.
    match arguments::get(args, 4, "address") {
        Some(address) if !vm.is_none(&address) => Err(refusal(vm, &format!("{name} to an address"), "")),
        _ => Ok(()),
    }
}

/// The commands of the kernel's own list.
pub(super) fn fcntl(vm: &VirtualMachine, _: &Arc<Fence>, name: &str, args: &mut FuncArgs) -> PyResult<()> {
    let commands = [
        libc::F_DUPFD,
        libc::F_DUPFD_CLOEXEC,
        libc::F_GETFD,
        libc::F_SETFD,
        libc::F_GETFL,
        libc::F_SETFL,
        libc::F_SETLK,
        libc::F_SETLKW,
        libc::F_GETLK,
    ];
    let command = arguments::number(vm, args, 1, "cmd")?.unwrap_or(-1);
    if !commands.iter().any(|known| i64::from(*known) == command) {
        return Err(refusal(vm, &format!("{name} with command {command}"), ""));
    }
    Ok(())
}

fn connect(vm: &VirtualMachine, fence: &Arc<Fence>, _: &str, args: FuncArgs) -> PyResult {
    match try_connect(vm, fence, &args)? {
        Ok(()) => Ok(vm.ctx.none()),
        Err(error) => Err(raised(vm, error, CONNECT)),
    }
}

fn connect_ex(vm: &VirtualMachine, fence: &Arc<Fence>, _: &str, args: FuncArgs) -> PyResult {
    match try_connect(vm, fence, &args)? {
        Ok(()) => Ok(vm.ctx.new_int(0).into()),
        Err(error) => match error.raw_os_error() {
            Some(code) if error.kind() != io::ErrorKind::PermissionDenied => Ok(vm.ctx.new_int(code).into()),
            _ => Err(raised(vm, error, CONNECT)),
        },
    }
}

fn try_connect(vm: &VirtualMachine, fence: &Arc<Fence>, args: &FuncArgs) -> PyResult<io::Result<()>> {
    let (socket, host, port) = target(vm, args)?;
    let timeout = match vm.call_method(&socket, "gettimeout", ())? {
        timeout if vm.is_none(&timeout) => None,
        timeout => Some(Duration::try_from_secs_f64(f64::try_from_object(vm, timeout)?)),
    };
    let timeout = timeout
        .transpose()
        .map_err(|_| vm.new_value_error("the socket's timeout is no time"))?;
    sockets::connect_to(vm, fence, number_of(vm, &socket)?, host, port, timeout)
}

fn bind(vm: &VirtualMachine, fence: &Arc<Fence>, _: &str, args: FuncArgs) -> PyResult {
    let (socket, host, port) = target(vm, &args)?;
    match sockets::bind_to(vm, fence, number_of(vm, &socket)?, host, port)? {
        Ok(()) => Ok(vm.ctx.none()),
        Err(error) => Err(raised(vm, error, BIND)),
    }
}

fn listen(vm: &VirtualMachine, _: &Arc<Fence>, _: &str, args: FuncArgs) -> PyResult {
    let mut args = args;
    let backlog = arguments::number(vm, &mut args, 1, "backlog")?.unwrap_or(128);
    let socket = args
        .args
        .first()
        .cloned()
        .ok_or_else(|| vm.new_type_error("listen() needs a socket"))?;
    let backlog = i32::try_from(backlog.clamp(0, 4096)).unwrap_or(128);
    match sockets::listen_on(number_of(vm, &socket)?, backlog) {
        Ok(()) => Ok(vm.ctx.none()),
        Err(error) => Err(raised(vm, error, BIND)),
    }
}

/// The socket, and the host and port of an address for it.
fn target(vm: &VirtualMachine, args: &FuncArgs) -> PyResult<(PyObjectRef, String, u16)> {
    let [socket, address] = args.args.as_slice() else {
        return Err(vm.new_type_error("one address is needed"));
    };
    let Some(parts) = address
        .downcast_ref::<PyTuple>()
        .filter(|parts| (2..=4).contains(&parts.len()))
    else {
        return Err(refusal(vm, "an address that is no (host, port)", ""));
    };
    let host = match parts.as_slice()[0].downcast_ref::<PyStr>() {
        Some(host) => host.to_string_lossy().into_owned(),
        None => return Err(vm.new_type_error("the host of an address is a str")),
    };
    let port = u16::try_from_borrowed_object(vm, parts.as_slice()[1].as_object())?;
    Ok((socket.clone(), host, port))
}

fn number_of(vm: &VirtualMachine, socket: &PyObjectRef) -> PyResult<RawFd> {
    let number = vm.call_method(socket, "fileno", ())?;
    let number = RawFd::try_from_borrowed_object(vm, number.as_object())?;
    if number < 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF).into_pyexception(vm));
    }
    Ok(number)
}

fn raised(vm: &VirtualMachine, error: io::Error, grant: &str) -> PyBaseExceptionRef {
    if error.kind() == io::ErrorKind::PermissionDenied {
        let text = error.to_string();
        return refusal(vm, &text, grant);
    }
    if error.kind() == io::ErrorKind::TimedOut {
        let class = vm.ctx.exceptions.timeout_error.to_owned();
        return vm.new_exception_msg(class, "timed out".into());
    }
    error.into_pyexception(vm)
}

pub(super) fn gethostbyname(vm: &VirtualMachine, fence: &Arc<Fence>, name: &str, args: FuncArgs) -> PyResult {
    let host = text_argument(vm, &args, 0, "hostname")?.unwrap_or_default();
    let found = lookup(vm, fence, name, &host, 0)?;
    let address = found.into_iter().find(SocketAddr::is_ipv4);
    match address {
        Some(address) => Ok(vm.ctx.new_str(address.ip().to_string()).into()),
        None => Err(no_address(vm)),
    }
}

pub(super) fn getaddrinfo(vm: &VirtualMachine, fence: &Arc<Fence>, name: &str, args: FuncArgs) -> PyResult {
    let mut args = args;
    let host = text_argument(vm, &args, 0, "host")?;
    let port = match text_argument(vm, &args, 1, "port") {
        Ok(Some(text)) => text.parse().map_err(|_| no_address(vm))?,
        Ok(None) => 0,
        Err(_) => arguments::number(vm, &mut args, 1, "port")?.unwrap_or_default(),
    };
    let port = u16::try_from(port).map_err(|_| no_address(vm))?;
    let family = arguments::number(vm, &mut args, 2, "family")?.unwrap_or_default();
    let flags = arguments::number(vm, &mut args, 5, "flags")?.unwrap_or_default();
    let host = host.unwrap_or_else(|| {
        let any = flags & i64::from(libc::AI_PASSIVE) != 0;
        if any { "0.0.0.0" } else { "127.0.0.1" }.to_owned()
    });
    let found = lookup(vm, fence, name, &host, port)?;
    let wanted = |address: &SocketAddr| family == 0 || family == i64::from(family_of(*address));
    let entries: Vec<PyObjectRef> = found
        .into_iter()
        .filter(wanted)
        .map(|address| entry(vm, address))
        .collect();
    if entries.is_empty() {
        return Err(no_address(vm));
    }
    Ok(vm.ctx.new_list(entries).into())
}

fn family_of(address: SocketAddr) -> i32 {
    if address.is_ipv4() {
        libc::AF_INET
    } else {
        libc::AF_INET6
    }
}

fn entry(vm: &VirtualMachine, address: SocketAddr) -> PyObjectRef {
    let number = |number: i64| -> PyObjectRef { vm.ctx.new_int(number).into() };
    let host = vm.ctx.new_str(address.ip().to_string()).into();
    let mut target = vec![host, number(address.port().into())];
    if address.is_ipv6() {
        target.extend([number(0), number(0)]);
    }
    let parts = vec![
        number(family_of(address).into()),
        number(libc::SOCK_STREAM.into()),
        number(libc::IPPROTO_TCP.into()),
        vm.ctx.new_str("").into(),
        vm.ctx.new_tuple(target).into(),
    ];
    vm.ctx.new_tuple(parts).into()
}

/// Addresses of a host: of one that is a number at once, of a granted name from the host's side.
fn lookup(vm: &VirtualMachine, fence: &Arc<Fence>, name: &str, host: &str, port: u16) -> PyResult<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    if host.is_empty() {
        let any: [IpAddr; 2] = [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
        return Ok(any.into_iter().map(|address| SocketAddr::new(address, port)).collect());
    }
    if !fence.allows_resolving(host) {
        return Err(refusal(vm, &format!("{name} of {host}"), CONNECT));
    }
    let fence = fence.clone();
    let host = host.to_owned();
    let found = outside::call(vm, move || sockets::resolve(&fence, &host, port))?;
    found.map_err(|_| no_address(vm))
}

fn no_address(vm: &VirtualMachine) -> PyBaseExceptionRef {
    let class = vm
        .import("_socket", 0)
        .and_then(|module| module.get_attr("gaierror", vm));
    let args = vec![
        vm.ctx.new_int(libc::EAI_NONAME).into(),
        vm.ctx.new_str("Name or service not known").into(),
    ];
    match class.map(|class| class.downcast::<PyType>()) {
        Ok(Ok(class)) => vm.new_exception(class, args),
        _ => vm.new_exception(vm.ctx.exceptions.os_error.to_owned(), args),
    }
}

fn text_argument(vm: &VirtualMachine, args: &FuncArgs, index: usize, name: &str) -> PyResult<Option<String>> {
    match arguments::get(args, index, name) {
        None => Ok(None),
        Some(given) if vm.is_none(&given) => Ok(None),
        Some(given) => {
            if let Some(text) = given.downcast_ref::<PyStr>() {
                return Ok(Some(text.to_string_lossy().into_owned()));
            }
            match given.downcast_ref::<rustpython_vm::builtins::PyBytes>() {
                Some(bytes) => Ok(Some(String::from_utf8_lossy(bytes.as_bytes()).into_owned())),
                None => Err(vm.new_type_error(format!("{name} must be a str"))),
            }
        }
    }
}
