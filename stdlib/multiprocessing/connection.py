"""Pipes, listeners and clients between interpreters, and waiting for several things at once.

A connection's two directions are channels: send() packs the object and never waits, recv() waits for the next one. A
connection's end is gone when nobody holds it any more: every copy, in whatever process, was closed or has ended.

Addresses look like those of sockets but are names within this program: a listener here is reached by the clients of this
program alone, and no port or file is opened.
"""

from __future__ import annotations

import errno
import itertools
import os
import time

import _ungil

from .context import AuthenticationError, BufferTooShort

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["Client", "Listener", "Pipe", "wait"]

Address = str | tuple[str, int]


class _Bytes:
    """A message of send_bytes(), as told apart from an object of send()."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __reduce__(self):
        return _Bytes, (self.data,)


class Connection:
    """An end of a pipe. Objects that are sent arrive as copies; handles stay what they are."""

    __ungil_shared__ = True

    def __init__(self, receiver: _ungil.Receiver | None, sender: _ungil.Sender | None) -> None:
        if receiver is None and sender is None:
            raise ValueError("at least one of `readable` and `writable` must be True")
        self._receiver = receiver
        self._sender = sender
        self._readable = receiver is not None
        self._writable = sender is not None

    @property
    def closed(self) -> bool:
        """Whether this end was closed here."""
        return self._receiver is None and self._sender is None

    @property
    def readable(self) -> bool:
        """Whether it can receive."""
        return self._readable

    @property
    def writable(self) -> bool:
        """Whether it can send."""
        return self._writable

    def fileno(self) -> int:
        """Refused: there is no file behind it. `multiprocessing.connection.wait` takes the connection itself."""
        self._check_open()
        raise OSError(errno.EBADF, "no file is behind this connection: use multiprocessing.connection.wait()")

    def close(self) -> None:
        """Lets go of this end."""
        # The channels close by themselves when nobody holds their other end.
        self._receiver = self._sender = None

    def send(self, obj: Any) -> None:
        """Sends an object. BrokenPipeError if the other end is gone."""
        self._check_writable()
        self._send(obj)

    def send_bytes(self, buf, offset: int = 0, size: int | None = None) -> None:
        """Sends bytes, or a part of them, as one message."""
        self._check_writable()
        with memoryview(buf) as view, view.cast("B") as data:
            if offset < 0:
                raise ValueError("offset is negative")
            if len(data) < offset:
                raise ValueError("buffer length < offset")
            if size is None:
                size = len(data) - offset
            elif size < 0:
                raise ValueError("size is negative")
            elif offset + size > len(data):
                raise ValueError("buffer length < offset + size")
            message = bytes(data[offset : offset + size])
        self._send(_Bytes(message))

    def recv(self) -> Any:
        """Receives an object, waiting for it. EOFError if there is none and the other end is gone."""
        self._check_readable()
        message = self._recv()
        if type(message) is _Bytes:
            import pickle

            return pickle.loads(message.data)
        return message

    def recv_bytes(self, maxlength: int | None = None) -> bytes:
        """Receives a message of bytes, waiting for it. One longer than *maxlength* is an OSError and ends receiving."""
        self._check_readable()
        if maxlength is not None and maxlength < 0:
            raise ValueError("negative maxlength")
        data = self._recv_data()
        if maxlength is not None and len(data) > maxlength:
            if self._writable:
                self._readable = False
            else:
                self.close()
            raise OSError("bad message length")
        return data

    def recv_bytes_into(self, buf, offset: int = 0) -> int:
        """Receives a message of bytes into a buffer and returns its length. BufferTooShort carries one that is too long."""
        self._check_readable()
        with memoryview(buf) as view, view.cast("B") as target:
            if offset < 0:
                raise ValueError("negative offset")
            if offset > len(target):
                raise ValueError("offset too large")
            data = self._recv_data()
            if len(target) < offset + len(data):
                raise BufferTooShort(data)
            target[offset : offset + len(data)] = data
            return len(data)

    def poll(self, timeout: float | None = 0.0) -> bool:
        """Whether something can be received, or the end of it, within *timeout* seconds; None waits for ever."""
        self._check_readable()
        return bool(_ungil.select([self._receiver], None if timeout is None else max(timeout, 0)))

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if self.closed:
            raise OSError("handle is closed")

    def _check_readable(self) -> None:
        self._check_open()
        if not self._readable:
            raise OSError("connection is write-only")

    def _check_writable(self) -> None:
        self._check_open()
        if not self._writable:
            raise OSError("connection is read-only")

    def _send(self, message: object) -> None:
        try:
            self._sender.send(message)
        except _ungil.ChannelClosed:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe") from None

    def _recv(self) -> Any:
        try:
            return self._receiver.recv()
        except _ungil.ChannelClosed:
            raise EOFError from None

    def _recv_data(self) -> bytes:
        message = self._recv()
        if type(message) is _Bytes:
            return message.data
        import pickle

        return pickle.dumps(message)

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__qualname__} {'closed' if self.closed else 'open'}>"


def Pipe(duplex: bool = True) -> tuple[Connection, Connection]:
    """Two connections, the ends of a pipe. If *duplex* is false the first only receives and the second only sends."""
    # Unbounded: a pipe holds what memory allows, so that no send() waits for a recv() that never comes.
    there, here = _ungil.unbounded_channel()
    if not duplex:
        return Connection(here, None), Connection(None, there)
    back, away = _ungil.unbounded_channel()
    return Connection(here, back), Connection(away, there)


class _File:
    """A file descriptor as something to select."""

    def __init__(self, number: int) -> None:
        self._number = number

    def fileno(self) -> int:
        return self._number


def wait(object_list: Iterable[Any], timeout: float | None = None) -> list[Any]:
    """Those of the objects that are ready, waiting until one is or for *timeout* seconds.

    Takes connections, sentinels of processes, sockets and other objects or numbers that are file descriptors.
    """
    objects = list(object_list)
    waitables = [_waitable(obj) for obj in objects]
    if not waitables:
        if timeout is None:
            return []
        time.sleep(max(timeout, 0))
        return []
    ready = {id(obj) for obj in _ungil.select(waitables, None if timeout is None else max(timeout, 0))}
    return [obj for obj, waitable in zip(objects, waitables) if id(waitable) in ready]


def _waitable(obj: object) -> object:
    if isinstance(obj, Connection):
        obj._check_readable()
        return obj._receiver
    if isinstance(obj, Listener):
        return obj._arrivals
    return _File(obj) if isinstance(obj, int) else obj


# --- addresses ---

families = ["AF_INET", "AF_UNIX", "AF_PIPE"]
default_family = "AF_UNIX"
_numbers = itertools.count()


def arbitrary_address(family: str) -> Address:
    """An address that nobody has."""
    if family == "AF_INET":
        return ("localhost", 0)
    unique = f"{os.getpid()}-{next(_numbers)}-{os.urandom(4).hex()}"
    if family == "AF_UNIX":
        return f"/tmp/pymp-{unique}/listener"
    if family == "AF_PIPE":
        return rf"\\.\pipe\pyc-{unique}"
    raise ValueError("unrecognized family")


def address_type(address: Address) -> str:
    """The family that an address is of."""
    if type(address) is tuple:
        return "AF_INET"
    if type(address) is str and address.startswith("\\\\"):
        return "AF_PIPE"
    if type(address) is str or isinstance(address, os.PathLike):
        return "AF_UNIX"
    raise ValueError(f"address type of {address!r} unrecognized")


def _key(family: str, address: Address) -> str:
    """What the address is registered by: every host name means this program."""
    return f"listener {family} {address[1] if family == 'AF_INET' else os.fspath(address)}"


def publish(family: str, address: Address, sender: _ungil.Sender) -> tuple[str, Address]:
    """Registers where clients go; returns its key, and the address with a port if that was left open."""
    if family == "AF_INET" and address[1] == 0:
        ports = itertools.chain(range(49152 + os.getpid() % 8192, 65536), range(1024, 65536))
        candidates: Iterable[Address] = ((address[0] or "0.0.0.0", port) for port in ports)
    else:
        candidates = (address,)
    for candidate in candidates:
        key = _key(family, candidate)
        if _ungil.publish(key, sender) or _is_stale(key) and _ungil.publish(key, sender):
            return key, candidate
    raise OSError(errno.EADDRINUSE, f"Address already in use: {address!r}")


def _is_stale(key: str) -> bool:
    """Removes what a listener that is gone has left."""
    try:
        return _ungil.find(key).closed and _ungil.withdraw(key)
    except KeyError:
        return True


class Listener:
    """Accepts the connections that clients in this program make to an address."""

    def __init__(
        self,
        address: Address | None = None,
        family: str | None = None,
        backlog: int = 1,
        authkey: bytes | None = None,
    ) -> None:
        family = family or (address_type(address) if address else default_family)
        if family not in families:
            raise ValueError(f"Family {family} is not recognized.")
        if authkey is not None and not isinstance(authkey, bytes):
            raise TypeError("authkey should be a byte string")
        # The registry alone has the sender; clients find the channel closed when this object is gone.
        sender, self._arrivals = _ungil.unbounded_channel()
        self._key, self._address = publish(family, address or arbitrary_address(family), sender)
        self._authkey = authkey
        self._last_accepted: Address | None = None

    def accept(self) -> Connection:
        """Waits for a client and returns the connection to it."""
        if self._arrivals is None:
            raise OSError("listener is closed")
        connection, self._last_accepted = self._arrivals.recv()
        if self._authkey is not None:
            deliver_challenge(connection, self._authkey)
            answer_challenge(connection, self._authkey)
        return connection

    def close(self) -> None:
        """Gives the address back; clients that were not accepted find their connection closed."""
        if self._arrivals is not None:
            self._arrivals = None
            _ungil.withdraw(self._key)

    @property
    def address(self) -> Address:
        """The address that clients connect to."""
        return self._address

    @property
    def last_accepted(self) -> Address | None:
        """The address of the client accepted last, if it has one."""
        return self._last_accepted

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def Client(address: Address, family: str | None = None, authkey: bytes | None = None) -> Connection:
    """Connects to the listener at an address."""
    family = family or address_type(address)
    if authkey is not None and not isinstance(authkey, bytes):
        raise TypeError("authkey should be a byte string")
    here, there = Pipe()
    own_address = ("127.0.0.1", 1024 + os.getpid() % 64512) if family == "AF_INET" else None
    try:
        _ungil.find(_key(family, address)).send((there, own_address))
    except (KeyError, _ungil.ChannelClosed):
        raise ConnectionRefusedError(errno.ECONNREFUSED, f"nobody in this program listens at {address!r}") from None
    there.close()
    if authkey is not None:
        answer_challenge(here, authkey)
        deliver_challenge(here, authkey)
    return here


# --- checking that the other end knows the key ---

MESSAGE_LENGTH = 40
_CHALLENGE, _WELCOME, _FAILURE = b"#CHALLENGE#", b"#WELCOME#", b"#FAILURE#"
_DIGEST = "sha256"


def deliver_challenge(connection: Connection, authkey: bytes) -> None:
    """Makes the other end prove that it knows the key; AuthenticationError if it does not."""
    import hmac

    _check_key(authkey)
    message = b"{%s}" % _DIGEST.encode() + os.urandom(MESSAGE_LENGTH)
    connection.send_bytes(_CHALLENGE + message)
    answer = connection.recv_bytes(256)
    if not hmac.compare_digest(answer, _answer(authkey, message)):
        connection.send_bytes(_FAILURE)
        raise AuthenticationError("digest received was wrong")
    connection.send_bytes(_WELCOME)


def answer_challenge(connection: Connection, authkey: bytes) -> None:
    """Proves to the other end that this one knows the key; AuthenticationError if it does not agree."""
    _check_key(authkey)
    message = connection.recv_bytes(256)
    if not message.startswith(_CHALLENGE):
        raise AuthenticationError(f"Protocol error, expected challenge: {message=!r}")
    connection.send_bytes(_answer(authkey, message.removeprefix(_CHALLENGE)))
    if connection.recv_bytes(256) != _WELCOME:
        raise AuthenticationError("digest sent was rejected")


def _check_key(authkey: object) -> None:
    if not isinstance(authkey, bytes):
        raise ValueError(f"Authkey must be bytes, not {type(authkey)!s}")


def _answer(authkey: bytes, message: bytes) -> bytes:
    import hmac

    return b"{%s}" % _DIGEST.encode() + hmac.digest(authkey, message, _DIGEST)
