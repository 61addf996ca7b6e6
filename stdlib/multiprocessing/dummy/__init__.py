"""The interface of `multiprocessing` over threads: those of this program, which are interpreters of their own too.

A thread that carries state which others could change is refused at start(), as `threading.Thread` does.
"""

from __future__ import annotations

import array
import itertools
import sys
import threading
from queue import Queue
from threading import Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore
from threading import current_thread as current_process

import _ungil

from multiprocessing.process import BaseProcess

from .connection import Pipe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

__all__ = [
    "Array",
    "Barrier",
    "BoundedSemaphore",
    "Condition",
    "Event",
    "JoinableQueue",
    "Lock",
    "Manager",
    "Pipe",
    "Pool",
    "Process",
    "Queue",
    "RLock",
    "Semaphore",
    "Value",
    "active_children",
    "current_process",
    "freeze_support",
]

JoinableQueue = Queue

_started: list[DummyProcess] = []


class DummyProcess(threading.Thread):
    """A thread that looks like a process."""

    def start(self) -> None:
        """Starts it."""
        super().start()
        _started.append(self)

    @property
    def exitcode(self) -> int | None:
        """0 once it has ended."""
        return 0 if self.ident is not None and not self.is_alive() else None


Process = DummyProcess


def active_children() -> list[DummyProcess]:
    """The processes started here that are alive."""
    _started[:] = [process for process in _started if process.is_alive()]
    return list(_started)


def freeze_support() -> None:
    """Does nothing."""


class Namespace:
    """An object for attributes."""

    def __init__(self, /, **attributes: Any) -> None:
        self.__dict__.update(attributes)

    def __repr__(self) -> str:
        shown = sorted(f"{name}={value!r}" for name, value in self.__dict__.items() if not name.startswith("_"))
        return f"{type(self).__name__}({', '.join(shown)})"


dict = dict
list = list


def Array(typecode: str, sequence: Iterable[Any], lock: bool = True) -> array.array:
    """An array."""
    return array.array(typecode, sequence)


class Value:
    """A value, as an attribute."""

    def __init__(self, typecode: str, value: Any, lock: bool = True) -> None:
        self._typecode = typecode
        self._value = value

    @property
    def value(self) -> Any:
        """The value."""
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._value = value

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({self._typecode!r}, {self._value!r})>"


def Manager():
    """This module: threads need no manager."""
    return sys.modules[__name__]


def shutdown() -> None:
    """Does nothing: see Manager()."""


def Pool(
    processes: int | None = None, initializer: Callable[..., object] | None = None, initargs: Iterable[Any] = ()
):
    """A pool of threads."""
    from ..pool import ThreadPool

    return ThreadPool(processes, initializer, initargs)


class IsolatedThread(BaseProcess):
    """A worker of a pool of threads: os.getpid() there is that of this process."""

    _numbers = itertools.count(1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name = f"Process-{next(self._numbers)}"

    def start(self) -> None:
        """Starts it, also where no processes can be started."""
        self._child = _ungil.start(self._target, self._args, self._kwargs, name=self._name, kind="thread")
