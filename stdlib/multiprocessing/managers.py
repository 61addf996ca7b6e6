"""Managers: a process that keeps objects, and proxies through which other processes work on them.

Locks, conditions, events, barriers and queues are no objects of the server: they are shared by themselves, so what a
manager returns for them is the same as `multiprocessing.Lock()` and so on make.
"""

from __future__ import annotations

import array

from . import _server, connection, context, process, shared_memory
from ._proxies import (
    ArrayProxy,
    AutoProxy,
    BaseProxy,
    DictProxy,
    IteratorProxy,
    ListProxy,
    MakeProxyType,
    NamespaceProxy,
    PoolProxy,
    SetProxy,
    ValueProxy,
    resolve,
)
from ._server import RemoteError, Server, Token
from .queues import JoinableQueue
from .synchronize import Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore
from .util import Finalize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Self

    import _ungil

__all__ = ["BaseManager", "BaseProxy", "SharedMemoryManager", "SyncManager", "Token"]

# For what is shared by itself: a type that is registered with one of them needs no proxy.
AcquirerProxy = BarrierProxy = ConditionProxy = EventProxy = AutoProxy


class BaseManager:
    """A process that keeps objects of the registered types."""

    _registry: dict[str, _server.Registration] = {}
    _Server = Server

    def __init__(
        self,
        address: connection.Address | None = None,
        authkey: bytes | None = None,
        serializer: str = "pickle",
        ctx: context.BaseContext | None = None,
        *,
        shutdown_timeout: float = 1.0,
    ) -> None:
        self._address = address
        self._authkey = bytes(process.current_process().authkey if authkey is None else authkey)
        self._serializer = serializer
        self._ctx = ctx or context._default_context.get_context()
        self._shutdown_timeout = shutdown_timeout
        self._server: _ungil.Sender | None = None
        self._process: process.BaseProcess | None = None
        self._state = "initial"

    def get_server(self) -> Server:
        """A server in this interpreter, whose serve_forever() keeps the objects."""
        self._check_state("initial")
        return self._Server(self._registry, self._address, self._authkey, self._serializer)

    def connect(self) -> None:
        """Connects to the server of that address, which another manager of this program has started."""
        with connection.Client(self._address, authkey=self._authkey) as client:
            self._server = client.recv()
        self._state = "started"

    def start(self, initializer: Callable[..., object] | None = None, initargs: Iterable[Any] = ()) -> None:
        """Starts the process."""
        self._check_state("initial")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        reader, writer = connection.Pipe(duplex=False)
        setup = (self._Server, self._registry, self._address, self._authkey, self._serializer)
        self._process = self._ctx.Process(
            target=_server.run_server, args=(*setup, writer, initializer, tuple(initargs))
        )
        numbers = ":".join(map(str, self._process._identity))
        self._process.name = f"{type(self).__name__}-{numbers}"
        self._process.start()
        writer.close()
        # EOFError if the server ended before it could serve.
        with reader:
            self._address, self._server = reader.recv()
        self._state = "started"
        self.shutdown = Finalize(
            self, _shut_down, (self._process, self._server, self._shutdown_timeout), exitpriority=0
        )

    def join(self, timeout: float | None = None) -> None:
        """Waits until the process has ended, or for *timeout* seconds."""
        if self._process is not None:
            self._process.join(timeout)

    @property
    def address(self) -> connection.Address | None:
        """Where other managers can connect to."""
        return self._address

    @classmethod
    def register(
        cls,
        typeid: str,
        callable: Callable[..., Any] | None = None,
        proxytype: Callable[..., BaseProxy] | None = None,
        exposed: Iterable[str] | None = None,
        method_to_typeid: dict[str, str] | None = None,
        create_method: bool = True,
    ) -> None:
        """Makes the method *typeid*, which has the server call *callable* and returns a proxy of what that returns."""
        if "_registry" not in cls.__dict__:
            cls._registry = cls._registry.copy()
        proxytype = proxytype or AutoProxy
        exposed = exposed or getattr(proxytype, "_exposed_", None)
        method_to_typeid = method_to_typeid or getattr(proxytype, "_method_to_typeid_", None)
        cls._registry[typeid] = (callable, exposed, method_to_typeid, proxytype)
        if create_method:

            def create(self: BaseManager, /, *args: Any, **kwds: Any) -> Any:
                return self._create(typeid, *args, **kwds)

            create.__name__ = typeid
            setattr(cls, typeid, create)

    def __enter__(self) -> Self:
        if self._state == "initial":
            self.start()
        assert self._state == "started"
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.shutdown()

    def _create(self, typeid: str, /, *args: Any, **kwds: Any) -> Any:
        answer = self._ask("create", typeid, *args, **kwds)
        return resolve(answer, self, self._authkey)

    def _ask(self, name: str, /, *args: Any, **kwds: Any) -> tuple[str, Any]:
        assert self._state == "started", "server not yet started"
        return _server.ask(self._server, None, name, args, kwds)

    def _debug_info(self) -> str:
        return resolve(self._ask("debug_info"))

    def _number_of_objects(self) -> int:
        return resolve(self._ask("number_of_objects"))

    def _check_state(self, wanted: str) -> None:
        if self._state == wanted:
            return
        if self._state == "started":
            raise context.ProcessError("Already started server")
        raise context.ProcessError(f"Unknown state {self._state!r}")


def _shut_down(server_process: process.BaseProcess, server: _ungil.Sender, timeout: float) -> None:
    """Ends the process of a manager, in the end by force."""
    if server_process.is_alive():
        try:
            _server.ask(server, None, "shutdown", (), {})
        except ConnectionResetError:
            pass
        for stop in (server_process.terminate, server_process.kill):
            server_process.join(timeout)
            if not server_process.is_alive():
                return
            stop()
    server_process.join()


# What methods of proxies return.
BaseManager.register("AsyncResult", create_method=False)
BaseManager.register("Iterator", proxytype=IteratorProxy, create_method=False)


class Namespace:
    """An object for attributes."""

    def __init__(self, /, **attributes: Any) -> None:
        self.__dict__.update(attributes)

    def __repr__(self) -> str:
        shown = sorted(f"{name}={value!r}" for name, value in self.__dict__.items() if not name.startswith("_"))
        return f"{type(self).__name__}({', '.join(shown)})"


class Value:
    """A value."""

    def __init__(self, typecode: str, value: Any, lock: bool = True) -> None:
        self._typecode = typecode
        self._value = value

    def get(self) -> Any:
        """Returns the value."""
        return self._value

    def set(self, value: Any) -> None:
        """Sets the value."""
        self._value = value

    value = property(get, set)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._typecode!r}, {self._value!r})"


def Array(typecode: str, sequence: Iterable[Any], lock: bool = True) -> array.array:
    """An array."""
    return array.array(typecode, sequence)


def _make_pool(*args: Any, **kwds: Any) -> Any:
    from .pool import Pool

    return Pool(*args, **kwds)


class _Acquirer:
    """Locks of managers name the arguments as those of threads do."""

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Acquires it, and returns whether that was possible at once, or within *timeout* seconds."""
        return super().acquire(blocking, timeout)


class ManagedLock(_Acquirer, Lock):
    """A lock."""


class ManagedRLock(_Acquirer, RLock):
    """A lock that its owner can acquire again."""


class ManagedSemaphore(_Acquirer, Semaphore):
    """A semaphore."""


class ManagedBoundedSemaphore(_Acquirer, BoundedSemaphore):
    """A semaphore that cannot be released above its first value."""


class SyncManager(BaseManager):
    """A manager of containers, values and pools; locks and queues it makes are shared by themselves."""

    def _make(self, kind: type, *args: Any) -> Any:
        assert self._state == "started", "server not yet started"
        return kind(*args)

    def Lock(self) -> Lock:
        """A lock."""
        return self._make(ManagedLock)

    def RLock(self) -> RLock:
        """A lock that its owner can acquire again."""
        return self._make(ManagedRLock)

    def Semaphore(self, value: int = 1) -> Semaphore:
        """A semaphore."""
        return self._make(ManagedSemaphore, value)

    def BoundedSemaphore(self, value: int = 1) -> BoundedSemaphore:
        """A semaphore that cannot be released above its first value."""
        return self._make(ManagedBoundedSemaphore, value)

    def Condition(self, lock: Lock | RLock | None = None) -> Condition:
        """A condition."""
        return self._make(Condition, lock or self.RLock())

    def Event(self) -> Event:
        """An event."""
        return self._make(Event)

    def Barrier(self, parties: int, action: Callable | None = None, timeout: float | None = None) -> Barrier:
        """A barrier."""
        return self._make(Barrier, parties, action, timeout)

    def Queue(self, maxsize: int = 0) -> JoinableQueue:
        """A queue."""
        return self._make(JoinableQueue, maxsize)

    JoinableQueue = Queue


SyncManager.register("Array", Array, ArrayProxy)
SyncManager.register("Namespace", Namespace, NamespaceProxy)
SyncManager.register("Pool", _make_pool, PoolProxy)
SyncManager.register("Value", Value, ValueProxy)
SyncManager.register("dict", dict, DictProxy)
SyncManager.register("list", list, ListProxy)
SyncManager.register("set", set, SetProxy)


class SharedMemoryManager(BaseManager):
    """Blocks of shared memory that go when the manager is shut down."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._blocks: list[shared_memory.SharedMemory] = []

    def start(self, initializer: Callable[..., object] | None = None, initargs: Iterable[Any] = ()) -> None:
        """Begins; nothing is started, as memory needs no server."""
        self._check_state("initial")
        if initializer is not None:
            initializer(*initargs)
        self._state = "started"
        self.shutdown = Finalize(self, _unlink_all, (self._blocks,), exitpriority=0)

    def SharedMemory(self, size: int) -> shared_memory.SharedMemory:
        """A block of memory."""
        assert self._state == "started", "SharedMemoryManager not yet started"
        block = shared_memory.SharedMemory(create=True, size=size)
        self._blocks.append(block)
        return block

    def ShareableList(self, sequence: Iterable[Any]) -> shared_memory.ShareableList:
        """A list in shared memory."""
        assert self._state == "started", "SharedMemoryManager not yet started"
        items = shared_memory.ShareableList(sequence)
        self._blocks.append(items.shm)
        return items


def _unlink_all(blocks: list[shared_memory.SharedMemory]) -> None:
    while blocks:
        try:
            blocks.pop().unlink()
        except FileNotFoundError:
            pass
