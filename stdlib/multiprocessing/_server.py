"""The server of a manager: it keeps objects and does what proxies ask of them.

Requests come to an inbox and are served one after the other. While one of them waits for something, such as an item of
a queue, others are served meanwhile, so that the one who provides it gets through.

Each proxy, wherever it is, holds a ticket, the sending end of a channel; an object goes when no holder of one of its
tickets is left, so also when a process ends in whatever way.
"""

import itertools

import _signal
import _ungil

from . import connection, context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Answer = tuple[str, Any]
    Registration = tuple[Callable[..., Any] | None, Any, dict[str, str] | None, Callable[..., Any]]

# What an answer is: a value, an exception, a new proxy, or why there is none.
RETURN, ERROR, PROXY, UNSERIALIZABLE = "#RETURN", "#ERROR", "#PROXY", "#UNSERIALIZABLE"

VIEWS = tuple(map(type, ({}.keys(), {}.values(), {}.items())))


class RemoteError(Exception):
    """What a server could not answer."""

    def __str__(self) -> str:
        return f"\n{'-' * 75}\n{self.args[0]}{'-' * 75}"


class Token:
    """Which object of which server a proxy stands for."""

    __slots__ = ("address", "id", "server", "ticket", "typeid")

    def __init__(
        self, typeid: str, address: object, id: str, server: _ungil.Sender | None = None, ticket: object = None
    ) -> None:
        self.typeid = typeid
        self.address = address
        self.id = id
        self.server = server
        self.ticket = ticket

    def __reduce__(self):
        return Token, (self.typeid, self.address, self.id, self.server, self.ticket)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(typeid={self.typeid!r}, address={self.address!r}, id={self.id!r})"


def ask(server: _ungil.Sender, ident: str | None, name: str, args: tuple, kwargs: dict[str, Any]) -> Answer:
    """Sends a request, for an object or for the server itself, and waits for the answer."""
    parcel = _ungil.pack((args, kwargs))
    reply, answers = _ungil.channel(1)
    try:
        server.send((reply, ident, name, parcel))
        # The server alone has it now: if the server ends, the channel closes.
        del reply
        return answers.recv().open()
    except _ungil.ChannelClosed:
        raise ConnectionResetError("the manager's server has ended") from None


# The servers that run in this interpreter, by their address.
servers: dict[object, Server] = {}


class _Served:
    """An object of a server."""

    def __init__(self, obj: object, exposed: frozenset[str], method_to_typeid: dict[str, str]) -> None:
        self.obj = obj
        self.exposed = exposed
        self.method_to_typeid = method_to_typeid
        self.watches: dict[int, tuple[_ungil.Receiver, Any]] = {}
        self.keys = itertools.count()


def public_methods(obj: object) -> list[str]:
    """The names of its methods that do not begin with an underscore."""
    return [name for name in dir(obj) if not name.startswith("_") and callable(getattr(obj, name))]


class Server:
    """Keeps the objects of a manager."""

    def __init__(self, registry: dict[str, Registration], address: object, authkey: bytes, serializer: str) -> None:
        if not isinstance(authkey, bytes):
            raise TypeError(f"Authkey {authkey!r} is type {type(authkey)!s}, not bytes")
        self.registry = registry
        self.authkey = bytes(authkey)
        self.id_to_obj: dict[str, _Served] = {}
        self._ended = _ungil.Event()
        self._requests = _ungil.Inbox(self._serve)
        self._clients = _ungil.Inbox(self._admit)
        family = connection.address_type(address) if address else connection.default_family
        self._key, self.address = connection.publish(
            family, address or connection.arbitrary_address(family), self._clients.sender
        )
        servers[self.address] = self

    @property
    def sender(self) -> _ungil.Sender:
        """Where requests are sent."""
        return self._requests.sender

    def serve_forever(self) -> None:
        """Serves until shutdown is asked for."""
        self._ended.wait()
        # The answer to that is on its way; nothing else is accepted.
        self._requests.close()
        self._clients.close()
        _ungil.withdraw(self._key)
        del servers[self.address]

    def _admit(self, message: tuple[connection.Connection, object]) -> None:
        """Checks a client, and tells it where requests go."""
        client, _ = message
        try:
            connection.deliver_challenge(client, self.authkey)
            connection.answer_challenge(client, self.authkey)
            client.send(self.sender)
        except (OSError, EOFError, context.AuthenticationError):
            client.close()

    def _serve(self, message: tuple[_ungil.Sender, str | None, str, _ungil.Parcel]) -> None:
        reply, ident, name, parcel = message
        try:
            args, kwargs = parcel.open()
            answer = self.answer(ident, name, args, kwargs)
        except Exception as error:
            answer = (ERROR, error)
        try:
            packed = _ungil.pack(answer)
        except Exception as error:
            packed = _ungil.pack((UNSERIALIZABLE, f"{answer!r}\n{type(error).__name__}: {error}\n"))
        try:
            reply.send(packed)
        except _ungil.ChannelClosed:
            pass  # nobody waits for it any more

    def answer(self, ident: str | None, name: str, args: tuple, kwargs: dict[str, Any]) -> Answer:
        """Does what is asked for."""
        if ident is None:
            return getattr(self, f"_on_{name}")(*args, **kwargs)
        try:
            served = self.id_to_obj[ident]
        except KeyError:
            raise RemoteError(f"the server has no object {ident!r}\n") from None
        obj = served.obj
        if name in served.exposed:
            result = getattr(obj, name)(*args, **kwargs)
        elif name == "#GETVALUE":
            result = obj
        elif name in ("__str__", "__repr__"):
            result = getattr(obj, name)()
        else:
            raise AttributeError(
                f"method {name!r} of {type(obj)!r} object is not in exposed={sorted(served.exposed)!r}"
            )
        if typeid := served.method_to_typeid.get(name):
            return self._on_create(typeid, result)
        return RETURN, list(result) if isinstance(result, VIEWS) else result

    def _on_create(self, typeid: str, /, *args: Any, **kwargs: Any) -> Answer:
        """Makes an object; one that can be shared as it is goes out itself, others get a proxy."""
        make, exposed, method_to_typeid, proxytype = self.registry[typeid]
        if make is not None:
            obj = make(*args, **kwargs)
        elif kwargs or len(args) != 1:
            raise ValueError("Without callable, must have one non-keyword argument")
        else:
            obj = args[0]
        if exposed is None and getattr(proxytype, "automatic", False) and isinstance(obj, _shared_types()):
            return RETURN, obj
        if exposed is None:
            exposed = public_methods(obj)
        method_to_typeid = method_to_typeid or {}
        exposed = frozenset((*exposed, *method_to_typeid))
        ident = f"{id(obj):x}"
        served = self.id_to_obj.setdefault(ident, _Served(obj, exposed, method_to_typeid))
        ticket, watched = _ungil.channel(1)
        key = next(served.keys)
        served.watches[key] = (watched, _ungil.when_ready(watched, lambda: self._let_go(ident, key)))
        return PROXY, (proxytype, Token(typeid, self.address, ident, self.sender, ticket), tuple(sorted(exposed)))

    def _let_go(self, ident: str, key: int) -> None:
        served = self.id_to_obj.get(ident)
        if served and served.watches.pop(key, None) and not served.watches:
            self.id_to_obj.pop(ident, None)

    def _sweep(self) -> None:
        """Lets go of what nobody holds any more although the news has not come yet."""
        for ident, served in list(self.id_to_obj.items()):
            for key, (watched, watch) in list(served.watches.items()):
                if watched.closed:
                    watch.cancel()
                    self._let_go(ident, key)

    def _on_number_of_objects(self) -> Answer:
        self._sweep()
        return RETURN, len(self.id_to_obj)

    def _on_debug_info(self) -> Answer:
        self._sweep()
        lines = (
            f"  {ident}:       refcount={len(served.watches)}\n    {str(served.obj)[:75]}"
            for ident, served in sorted(self.id_to_obj.items())
        )
        return RETURN, "\n".join(lines)

    def _on_shutdown(self) -> Answer:
        self._ended.set()
        return RETURN, None


def _shared_types() -> tuple[type, ...]:
    """Types whose objects are the same object in every interpreter, so that a proxy would only be in the way."""
    import queue
    import threading

    from . import queues, synchronize

    here = (synchronize.SemLock, synchronize.Condition, synchronize.Event, synchronize.Barrier, queues._Ends)
    threads = (type(threading.Lock()), type(threading.RLock()), threading.Condition, threading.Event)
    native = (_ungil.Sender, _ungil.Receiver, connection.Connection)
    return *here, *threads, threading.Semaphore, threading.Barrier, queue.Queue, queue.SimpleQueue, *native


def run_server(
    server_class: type[Server],
    registry: dict[str, Registration],
    address: object,
    authkey: bytes,
    serializer: str,
    started: connection.Connection,
    initializer: Callable[..., object] | None,
    initargs: tuple[Any, ...],
) -> None:
    """What a manager's process does."""
    # Its starter catches an interrupt, perhaps, and goes on with what is kept here.
    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    if initializer is not None:
        initializer(*initargs)
    server = server_class(registry, address, authkey, serializer)
    started.send((server.address, server.sender))
    started.close()
    server.serve_forever()
