"""Queues between interpreters."""

from __future__ import annotations

import queue
import weakref
from typing import Any

import _ungil

__all__ = [
    "UNBOUND",
    "UNBOUND_ERROR",
    "UNBOUND_REMOVE",
    "ItemInterpreterDestroyed",
    "Queue",
    "QueueEmpty",
    "QueueError",
    "QueueFull",
    "QueueNotFoundError",
    "create",
]


class QueueError(RuntimeError):
    """Something is wrong with a queue between interpreters."""


class QueueNotFoundError(QueueError):
    """There is no such queue."""


class QueueEmpty(QueueError, queue.Empty):
    """Nothing is in the queue, or nothing came in time."""


class QueueFull(QueueError, queue.Full):
    """There is no room in the queue, or none came in time."""


class ItemInterpreterDestroyed(QueueError):
    """Never raised here: what was put into a queue outlives the interpreter that put it there."""


class _Unbound:
    """What may be asked for in place of items whose interpreter is gone. Here items outlive it, so it is only kept."""

    def __init__(self, name: str):
        self._name = name

    def __repr__(self):
        return f"<{self._name}>"

    def __reduce__(self):
        return self._name


UNBOUND = _Unbound("UNBOUND")
UNBOUND_ERROR = _Unbound("UNBOUND_ERROR")
UNBOUND_REMOVE = _Unbound("UNBOUND_REMOVE")


def create(maxsize: int = 0, *, unbounditems: Any = UNBOUND) -> Queue:
    """Makes a queue that holds at most *maxsize* items, or any number if that is not positive.

    *unbounditems* is accepted as elsewhere; items here outlive the interpreter that put them into the queue.
    """
    if not isinstance(maxsize, int):
        raise TypeError(f"maxsize must be an int, got {maxsize!r}")
    _check_unbound(unbounditems)
    maxsize = max(maxsize, 0)
    ends = _ungil.channel(maxsize) if maxsize else _ungil.unbounded_channel()
    return Queue._of(_numbers().add(1), *ends, _ungil.Counter(), maxsize, unbounditems)


def _numbers() -> Any:
    """The counter of queues, which all interpreters share."""
    name = f"{__name__}.numbers"
    _ungil.publish(name, _ungil.Counter())
    return _ungil.find(name)


def _check_unbound(unbounditems: Any) -> None:
    if not isinstance(unbounditems, _Unbound):
        raise ValueError(f"unsupported unbound replacement {unbounditems!r}")


_known: weakref.WeakValueDictionary[int, Queue] = weakref.WeakValueDictionary()


class Queue:
    """A queue between interpreters: Queue(id) is the one of that number. It can be passed to any interpreter."""

    # For what looks at what a function carries: it is the same everywhere.
    __ungil_shared__ = True

    def __new__(cls, id: int, /):
        if not isinstance(id, int):
            raise TypeError(f"id must be an int, got {id!r}")
        self = _known.get(id)
        if self is None:
            try:
                parts = _ungil.find(f"{__name__}.{id}")
            except KeyError:
                raise QueueNotFoundError(f"queue {id} not found") from None
            self = cls._of(id, *parts)
        return self

    @classmethod
    def _of(cls, ident, sender, receiver, holders, maxsize, unbounditems) -> Queue:
        self = _known.get(ident)
        if self is None:
            self = object.__new__(cls)
            self._id = ident
            self._parts = sender, receiver, holders, maxsize, unbounditems
            self._sender, self._receiver, self._holders, self._maxsize, self._unbounditems = self._parts
            _known[ident] = self
            # It can be found by its number while any interpreter has it.
            if holders.add(1) == 1:
                _ungil.publish(f"{__name__}.{ident}", self._parts)
        return self

    def __del__(self):
        holders = getattr(self, "_holders", None)
        if holders is not None and holders.sub(1) == 0:
            _ungil.withdraw(f"{__name__}.{self._id}")

    def __repr__(self):
        return f"{type(self).__name__}({self._id})"

    def __hash__(self):
        return hash(self._id)

    def __reduce__(self):
        return Queue._of, (self._id, *self._parts)

    @property
    def id(self) -> int:
        """Its number, which no other queue of the process has or will have."""
        return self._id

    @property
    def maxsize(self) -> int:
        """How many items it holds at most; 0 if any number."""
        return self._maxsize

    @property
    def unbounditems(self) -> Any:
        """What create_queue() was told."""
        return self._unbounditems

    def empty(self) -> bool:
        """True if nothing is in it now."""
        return self.qsize() == 0

    def full(self) -> bool:
        """True if there is no room in it now."""
        return 0 < self._maxsize <= self.qsize()

    def qsize(self) -> int:
        """How many items are in it now."""
        return len(self._receiver)

    def put(self, obj: Any, block: bool = True, timeout: float | None = None, *, unbounditems: Any = None) -> None:
        """Adds a copy of an object, waiting for room for at most *timeout* seconds, or not at all if *block* is false.

        Raises QueueFull, and NotShareableError for what cannot be passed.
        """
        if unbounditems is not None:
            _check_unbound(unbounditems)
        _check_timeout(timeout)
        try:
            if block:
                self._sender.send(obj, timeout=timeout)
            else:
                self._sender.try_send(obj)
        except (TimeoutError, _ungil.ChannelFull):
            raise QueueFull from None

    def put_nowait(self, obj: Any, *, unbounditems: Any = None) -> None:
        """put(obj, block=False)"""
        self.put(obj, block=False, unbounditems=unbounditems)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Takes the next item, waiting for it for at most *timeout* seconds, or not at all if *block* is false.

        Raises QueueEmpty.
        """
        _check_timeout(timeout)
        try:
            return self._receiver.recv(timeout=timeout) if block else self._receiver.try_recv()
        except (TimeoutError, _ungil.ChannelEmpty):
            raise QueueEmpty from None

    def get_nowait(self) -> Any:
        """get(block=False)"""
        return self.get(block=False)


def _check_timeout(timeout: float | None) -> None:
    if timeout is not None and timeout < 0:
        raise ValueError("timeout value must be non-negative")
