"""Queues between interpreters: channels with the interface of CPython's queues.

An object is packed when it is put, so what cannot be sent raises NotShareableError in put(), and the queue goes on.
No feeder thread stands between: what put() took is in the queue, and stays there when its process ends.
"""

from queue import Empty, Full

import _ungil

from .synchronize import Condition

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["JoinableQueue", "Queue", "SimpleQueue"]

# Packages that derive from CPython's queues import what ends the buffer of a feeder thread. There is none here.
_sentinel = object()


class _Ends:
    """A channel of which every holder has both ends."""

    __ungil_shared__ = True

    def __init__(self, maxsize: int = 0) -> None:
        ends = _ungil.channel(maxsize) if maxsize > 0 else _ungil.unbounded_channel()
        self._sender, self._receiver = ends
        self._closed = False

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_closed": False}

    @property
    def _reader(self) -> _ungil.Receiver:
        """What `multiprocessing.connection.wait` takes to wait for an item."""
        return self._receiver

    def empty(self) -> bool:
        """Whether there is nothing in it now."""
        self._check_closed()
        return len(self._receiver) == 0

    def _check_closed(self) -> None:
        if self._closed:
            raise ValueError(f"Queue {self!r} is closed")


class Queue(_Ends):
    """A queue of at most *maxsize* items, or of as many as memory allows if that is 0."""

    def __init__(self, maxsize: int = 0, *, ctx: object = None) -> None:
        super().__init__(maxsize)
        self._maxsize = max(maxsize, 0)

    def put(self, obj: Any, block: bool = True, timeout: float | None = None) -> None:
        """Puts an object in, waiting for room if needed; raises Full if there is none at once, or in time."""
        self._check_closed()
        try:
            if block:
                self._sender.send(obj, timeout=None if timeout is None else max(timeout, 0))
            else:
                self._sender.try_send(obj)
        except (_ungil.ChannelFull, TimeoutError):
            raise Full from None

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Takes an object out, waiting for one if needed; raises Empty if there is none at once, or in time."""
        self._check_closed()
        try:
            if block:
                return self._receiver.recv(timeout=None if timeout is None else max(timeout, 0))
            return self._receiver.try_recv()
        except (_ungil.ChannelEmpty, TimeoutError):
            raise Empty from None

    def put_nowait(self, obj: Any) -> None:
        """Puts an object in if there is room now."""
        self.put(obj, False)

    def get_nowait(self) -> Any:
        """Takes an object out if one is there now."""
        return self.get(False)

    def qsize(self) -> int:
        """How many objects are in it now."""
        return len(self._receiver)

    def full(self) -> bool:
        """Whether there is no room now."""
        return 0 < self._maxsize <= self.qsize()

    def close(self) -> None:
        """Makes this process use the queue no more."""
        self._closed = True

    def join_thread(self) -> None:
        """Returns at once: what was put is in the queue already. The queue must have been closed."""
        assert self._closed, f"Queue {self!r} not closed"

    def cancel_join_thread(self) -> None:
        """Does nothing: the end of a process never waits for a queue."""


class JoinableQueue(Queue):
    """A queue that can be waited for until all that was put in is done."""

    def __init__(self, maxsize: int = 0, *, ctx: object = None) -> None:
        super().__init__(maxsize)
        self._unfinished = _ungil.Counter(0)
        self._condition = Condition()

    def put(self, obj: Any, block: bool = True, timeout: float | None = None) -> None:
        """Puts an object in, for which task_done() is to be called."""
        # Counted before anybody can take it and call it done.
        self._unfinished.add(1)
        try:
            super().put(obj, block, timeout)
        except BaseException:
            self.task_done()
            raise

    def task_done(self) -> None:
        """Says that one of the objects taken out is done."""
        with self._condition:
            unfinished = self._unfinished.get()
            if unfinished <= 0:
                raise ValueError("task_done() called too many times")
            self._unfinished.sub(1)
            if self._unfinished.get() == 0:
                self._condition.notify_all()

    def join(self) -> None:
        """Waits until task_done() was called for all that was put in."""
        with self._condition:
            self._condition.wait_for(lambda: self._unfinished.get() == 0)


class SimpleQueue(_Ends):
    """A queue with little to it."""

    def __init__(self, *, ctx: object = None) -> None:
        super().__init__()

    def put(self, obj: Any) -> None:
        """Puts an object in."""
        self._check_closed()
        self._sender.send(obj)

    def get(self) -> Any:
        """Takes an object out, waiting for it."""
        self._check_closed()
        return self._receiver.recv()

    def close(self) -> None:
        """Makes this process use the queue no more."""
        self._closed = True

    def __class_getitem__(cls, item: object) -> object:
        from types import GenericAlias

        return GenericAlias(cls, item)
