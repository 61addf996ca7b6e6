"""Contexts: what `multiprocessing` offers, bound to one start method; here all methods mean the same."""

import os
import sys

from . import process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from logging import Logger
    from typing import Any

__all__ = ()


class ProcessError(Exception):
    """The base of what this package raises."""


class BufferTooShort(ProcessError):
    """A message does not fit into the buffer given; the message is the exception's argument."""


class TimeoutError(ProcessError):
    """A result was not there in time."""


class AuthenticationError(ProcessError):
    """The other end of a connection does not know the key."""


class Process(process.BaseProcess):
    """A process: an isolated interpreter that calls *target* on a thread of its own."""

    _start_method: str | None = None


class ForkProcess(Process):
    _start_method = "fork"


class SpawnProcess(Process):
    _start_method = "spawn"


class ForkServerProcess(Process):
    _start_method = "forkserver"


# No methods but the public ones: their names are those of the package.
class BaseContext:
    """The functions and classes of `multiprocessing` as methods."""

    ProcessError = ProcessError
    BufferTooShort = BufferTooShort
    TimeoutError = TimeoutError
    AuthenticationError = AuthenticationError

    current_process = staticmethod(process.current_process)
    parent_process = staticmethod(process.parent_process)
    active_children = staticmethod(process.active_children)

    def cpu_count(self) -> int:
        """The number of processors of the system."""
        count = os.cpu_count()
        if count is None:
            raise NotImplementedError("cannot determine number of cpus")
        return count

    def Manager(self):
        """A started manager: a process that holds objects which others work on through proxies."""
        from .managers import SyncManager

        manager = SyncManager(ctx=self.get_context())
        manager.start()
        return manager

    def Pipe(self, duplex: bool = True):
        """Two connections, the ends of a pipe; the second can only send if *duplex* is false."""
        from .connection import Pipe

        return Pipe(duplex)

    def Lock(self):
        """A lock that any process can release."""
        from .synchronize import Lock

        return Lock(ctx=self.get_context())

    def RLock(self):
        """A lock that its owner can acquire again."""
        from .synchronize import RLock

        return RLock(ctx=self.get_context())

    def Condition(self, lock=None):
        """A condition over *lock*, or over an RLock of its own."""
        from .synchronize import Condition

        return Condition(lock, ctx=self.get_context())

    def Semaphore(self, value: int = 1):
        """A semaphore."""
        from .synchronize import Semaphore

        return Semaphore(value, ctx=self.get_context())

    def BoundedSemaphore(self, value: int = 1):
        """A semaphore that cannot be released above its first value."""
        from .synchronize import BoundedSemaphore

        return BoundedSemaphore(value, ctx=self.get_context())

    def Event(self):
        """An event: a flag to wait for."""
        from .synchronize import Event

        return Event(ctx=self.get_context())

    def Barrier(self, parties: int, action: Callable[[], object] | None = None, timeout: float | None = None):
        """A barrier that *parties* processes pass together."""
        from .synchronize import Barrier

        return Barrier(parties, action, timeout, ctx=self.get_context())

    def Queue(self, maxsize: int = 0):
        """A queue that processes share."""
        from .queues import Queue

        return Queue(maxsize, ctx=self.get_context())

    def JoinableQueue(self, maxsize: int = 0):
        """A queue with task_done() and join()."""
        from .queues import JoinableQueue

        return JoinableQueue(maxsize, ctx=self.get_context())

    def SimpleQueue(self):
        """A queue with put(), get() and empty() alone."""
        from .queues import SimpleQueue

        return SimpleQueue(ctx=self.get_context())

    def Pool(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
    ):
        """A pool of processes."""
        from .pool import Pool

        return Pool(processes, initializer, initargs, maxtasksperchild, context=self.get_context())

    def RawValue(self, typecode_or_type, *args):
        """A number or structure in shared memory, without a lock."""
        from .sharedctypes import RawValue

        return RawValue(typecode_or_type, *args)

    def RawArray(self, typecode_or_type, size_or_initializer):
        """An array in shared memory, without a lock."""
        from .sharedctypes import RawArray

        return RawArray(typecode_or_type, size_or_initializer)

    def Value(self, typecode_or_type, *args, lock=True):
        """A number or structure in shared memory, with a lock around it."""
        from .sharedctypes import Value

        return Value(typecode_or_type, *args, lock=lock, ctx=self.get_context())

    def Array(self, typecode_or_type, size_or_initializer, *, lock=True):
        """An array in shared memory, with a lock around it."""
        from .sharedctypes import Array

        return Array(typecode_or_type, size_or_initializer, lock=lock, ctx=self.get_context())

    def freeze_support(self) -> None:
        """Does nothing: workers are interpreters, not copies of the executable."""

    def get_logger(self) -> Logger:
        """The package's logger."""
        from .util import get_logger

        return get_logger()

    def log_to_stderr(self, level: int | str | None = None) -> Logger:
        """Makes the package's logger print to stderr."""
        from .util import log_to_stderr

        return log_to_stderr(level)

    def allow_connection_pickling(self) -> None:
        """Does nothing: connections and sockets can always be sent."""

    def set_executable(self, executable: str) -> None:
        """Notes what CPython would start workers with; here nothing is executed."""
        from .spawn import set_executable

        set_executable(executable)

    def set_forkserver_preload(self, module_names: list[str]) -> None:
        """Checks the names; here an interpreter imports what its function needs."""
        if not all(type(name) is str for name in module_names):
            raise TypeError("module_names must be a list of strings")

    def get_context(self, method: str | None = None) -> BaseContext:
        """The context of that start method, or this one."""
        if method is None:
            return self
        try:
            return _concrete_contexts[method]
        except KeyError:
            raise ValueError(f"cannot find context for {method!r}") from None

    def get_start_method(self, allow_none: bool = False) -> str | None:
        """The name of the start method."""
        return self._name

    def set_start_method(self, method: str | None, force: bool = False) -> None:
        """Refused: only the default context, the package itself, can choose."""
        raise ValueError("cannot set start method of concrete context")

    @property
    def reducer(self):
        """The module that registers how types are sent."""
        from . import reduction

        return _reducer or reduction

    @reducer.setter
    def reducer(self, reduction) -> None:
        global _reducer
        _reducer = reduction


class DefaultContext(BaseContext):
    """The package itself: its start method can be chosen once."""

    Process = Process

    def __init__(self, default: BaseContext) -> None:
        self._default = default
        self._chosen: BaseContext | None = None

    def get_context(self, method: str | None = None) -> BaseContext:
        """The context of that start method, or of the one chosen."""
        if method is not None:
            return super().get_context(method)
        if self._chosen is None:
            self._chosen = self._default
        return self._chosen

    def set_start_method(self, method: str | None, force: bool = False) -> None:
        """Chooses the start method; once, unless *force* is true. All of them mean the same here."""
        if self._chosen is not None and not force:
            raise RuntimeError("context has already been set")
        self._chosen = None if method is None and force else self.get_context(method)

    def get_start_method(self, allow_none: bool = False) -> str | None:
        """The name of the start method, which counts as chosen from now on unless *allow_none* is true."""
        if self._chosen is None:
            if allow_none:
                return None
            self._chosen = self._default
        return self._chosen._name

    def get_all_start_methods(self) -> list[str]:
        """The names of the start methods, the default first."""
        default = self._default._name
        return [default, *(name for name in _concrete_contexts if name != default)]


class ForkContext(BaseContext):
    _name = "fork"
    Process = ForkProcess


class SpawnContext(BaseContext):
    _name = "spawn"
    Process = SpawnProcess


class ForkServerContext(BaseContext):
    _name = "forkserver"
    Process = ForkServerProcess


# The name is CPython's, because packages add contexts of their own to it.
_concrete_contexts = {context._name: context for context in (ForkContext(), SpawnContext(), ForkServerContext())}
_default_context = DefaultContext(_concrete_contexts["forkserver" if sys.platform == "linux" else "spawn"])
_reducer = None


def assert_spawning(obj: object) -> None:
    """Accepts every object: what CPython lets only children inherit can be sent at any time here."""


def get_spawning_popen() -> None:
    """None: starting a process pickles nothing."""


def set_spawning_popen(popen: object) -> None:
    """Does nothing: see get_spawning_popen()."""
