"""Futures, waiting for them, and what all executors have in common.

A future is completed on the thread of the interpreter that holds it: by the code there, or by a delivery, which runs at a
safe point of that code. So a future needs no lock; but between any two steps here it may become done, which is why a
waiter is noted first and the state looked at afterwards.
"""

from __future__ import annotations

import time
import weakref
from collections import deque, namedtuple
from itertools import islice

from _ungil import Event

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

FIRST_COMPLETED = "FIRST_COMPLETED"
FIRST_EXCEPTION = "FIRST_EXCEPTION"
ALL_COMPLETED = "ALL_COMPLETED"

PENDING = "PENDING"
RUNNING = "RUNNING"
CANCELLED = "CANCELLED"
CANCELLED_AND_NOTIFIED = "CANCELLED_AND_NOTIFIED"
FINISHED = "FINISHED"

_DONE = frozenset({CANCELLED, CANCELLED_AND_NOTIFIED, FINISHED})
# Done, and the executor knows: only then do wait() and as_completed() count it.
_SETTLED = frozenset({CANCELLED_AND_NOTIFIED, FINISHED})

TimeoutError = TimeoutError


def __getattr__(name):
    # Importing logging takes longer than everything else here, and is seldom needed.
    if name == "LOGGER":
        import logging

        return globals().setdefault(name, logging.getLogger("concurrent.futures"))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def logger():
    """The logger "concurrent.futures"."""
    return __getattr__("LOGGER")


class Error(Exception):
    """The base of the errors of futures."""


class CancelledError(Error):
    """The future was cancelled."""


class InvalidStateError(Error):
    """A future that is done cannot be completed again."""


class BrokenExecutor(RuntimeError):
    """The executor cannot run calls any more: a worker died, or could not be set up."""


class Future:
    """What becomes of a call that runs elsewhere. Executors make these."""

    # A future that nobody waits for in a special way needs no attribute but the result.
    _state = PENDING
    _result: Any = None
    _exception: BaseException | None = None
    _done_callbacks: list[Callable[[Future], object]] | None = None
    _waiters: list[Callable[[Future], object]] | None = None
    # The crew that runs the call, and the call's number there.
    _crew: Any = None
    _number = 0

    def __repr__(self):
        state = self._state.removesuffix("_AND_NOTIFIED").lower()
        if self._state == FINISHED:
            what = self._result if self._exception is None else self._exception
            state += f" {'returned' if self._exception is None else 'raised'} {type(what).__name__}"
        return f"<{type(self).__name__} at {id(self):#x} state={state}>"

    def cancel(self) -> bool:
        """Cancels the call, if it has not begun. True if it is cancelled."""
        if self._state in (RUNNING, FINISHED):
            return False
        if self._state == PENDING:
            crew = self._crew
            if crew is not None:
                if not crew.cancel(self._number):
                    return self._state in (CANCELLED, CANCELLED_AND_NOTIFIED)
                self._withdrawn()
            else:
                self._change(CANCELLED)
        return True

    def cancelled(self) -> bool:
        """True if the call was cancelled before it began."""
        return self._state in (CANCELLED, CANCELLED_AND_NOTIFIED)

    def running(self) -> bool:
        """True while the call runs."""
        if self._state == PENDING and self._crew is not None:
            return self._crew.begun(self._number)
        return self._state == RUNNING

    def done(self) -> bool:
        """True once the call has returned or raised, or was cancelled."""
        return self._state in _DONE

    def add_done_callback(self, fn: Callable[[Future], object]) -> None:
        """Has fn(future) called when the future is done: now, if it is.

        Callbacks are called in order, in the interpreter that added them, at a safe point of what it is doing. An
        exception that one raises is logged.
        """
        if self._done_callbacks is None:
            self._done_callbacks = []
        self._done_callbacks.append(fn)
        if self._state in _DONE:
            self._call_back()

    def result(self, timeout: float | None = None) -> Any:
        """What the call returned, waiting for it for at most *timeout* seconds.

        Raises what the call raised, CancelledError if it was cancelled, and TimeoutError if it was not done in time.
        """
        if self._state is not FINISHED:
            self._wait(timeout)
        if self._exception is None:
            return self._result
        try:
            raise self._exception
        finally:
            # The traceback of the exception holds this frame.
            self = None

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """What the call raised, or None. Waits, and raises what is wrong with waiting, as result() does."""
        self._wait(timeout)
        return self._exception

    # For executors, and tests of what uses them.

    def set_running_or_notify_cancel(self) -> bool:
        """Marks the future as running. False if it was cancelled: the call must not run then."""
        if self._state == CANCELLED:
            self._change(CANCELLED_AND_NOTIFIED)
            return False
        if self._state != PENDING:
            logger().critical("Future %r in unexpected state: %s", self, self._state)
            raise RuntimeError(f"Future in unexpected state: {self._state}")
        self._state = RUNNING
        return True

    def set_result(self, result: Any) -> None:
        """Completes the future with what the call returned."""
        if self._state in _DONE:
            raise InvalidStateError(f"{self._state}: {self!r}")
        self._result = result
        self._change(FINISHED)

    def set_exception(self, exception: BaseException | None) -> None:
        """Completes the future with what the call raised."""
        if self._state in _DONE:
            raise InvalidStateError(f"{self._state}: {self!r}")
        self._exception = exception
        self._change(FINISHED)

    def _finish(self, good: bool, value: Any) -> None:
        """The outcome, as a crew tells it."""
        if good:
            self._result = value
        else:
            self._exception = value
        self._crew = None
        self._change(FINISHED)

    def _withdrawn(self) -> None:
        """The crew has given the call back."""
        self._crew = None
        self._change(CANCELLED_AND_NOTIFIED)

    def _change(self, state: str) -> None:
        self._state = state
        if self._waiters is not None:
            for waiter in self._waiters[:]:
                waiter(self)
        if self._done_callbacks is not None:
            self._call_back()

    def _call_back(self) -> None:
        callbacks = self._done_callbacks
        while callbacks:
            callback = callbacks.pop(0)
            try:
                callback(self)
            except Exception:
                logger().exception("exception calling callback for %r", self)

    def _watch(self, waiter: Callable[[Future], object]) -> None:
        if self._waiters is None:
            self._waiters = []
        self._waiters.append(waiter)

    def _wait(self, timeout: float | None) -> None:
        crew = self._crew
        if crew is not None:
            crew.attend()
        if self._state not in _DONE:
            event = Event()

            def wake(_future):
                event.set()

            self._watch(wake)
            try:
                if self._state not in _DONE:
                    event.wait(timeout)
            finally:
                self._waiters.remove(wake)
            if self._state not in _DONE:
                raise TimeoutError
        if self._state != FINISHED:
            raise CancelledError

    __class_getitem__ = classmethod(__import__("types").GenericAlias)


class _Watch:
    """Notes which of some futures are settled. Its event is set when *enough* says so."""

    def __init__(self, futures: Iterable[Future], enough: Callable[[Future, set[Future]], bool]):
        self.left = set(futures)
        self.settled: deque[Future] = deque()
        self.event = Event()
        self._enough = enough
        futures = list(self.left)
        for future in futures:
            future._watch(self._note)
        for crew in {future._crew for future in futures} - {None}:
            crew.attend()
        for future in futures:
            self._note(future)

    def _note(self, future: Future) -> None:
        if future._state in _SETTLED and self._take(future):
            self.settled.append(future)
            if not self.left or self._enough(future, self.left):
                self.event.set()

    def stop(self) -> None:
        """Looks at no future any more."""
        for future in list(self.left):
            self._take(future)

    def _take(self, future: Future) -> bool:
        """False if a delivery in the middle of it, or before it, has taken it."""
        try:
            self.left.remove(future)
        except KeyError:
            return False
        future._waiters.remove(self._note)
        return True


DoneAndNotDoneFutures = namedtuple("DoneAndNotDoneFutures", "done not_done")

_ENOUGH = {
    FIRST_COMPLETED: lambda future, left: True,
    FIRST_EXCEPTION: lambda future, left: future._exception is not None,
    ALL_COMPLETED: lambda future, left: False,
}


def wait(fs: Iterable[Future], timeout: float | None = None, return_when: str = ALL_COMPLETED) -> DoneAndNotDoneFutures:
    """Waits for some of the futures, for at most *timeout* seconds; returns the sets of those done and not done.

    *return_when* is ALL_COMPLETED, FIRST_COMPLETED, or FIRST_EXCEPTION, which waits for all unless one raises.
    """
    enough = _ENOUGH.get(return_when)
    if enough is None:
        raise ValueError(f"Invalid return condition: {return_when!r}")
    futures = set(fs)
    watch = _Watch(futures, enough)
    if watch.left:
        watch.event.wait(timeout)
    watch.stop()
    done = set(watch.settled)
    return DoneAndNotDoneFutures(done, futures - done)


def as_completed(fs: Iterable[Future], timeout: float | None = None) -> Iterator[Future]:
    """Iterates over the futures as they become done, each once.

    Raises TimeoutError if not all of them were done *timeout* seconds after the call.
    """
    deadline = None if timeout is None else timeout + time.monotonic()
    return _as_completed(_Watch(fs, _ENOUGH[FIRST_COMPLETED]), deadline)


def _as_completed(watch: _Watch, deadline: float | None) -> Iterator[Future]:
    total = len(watch.left) + len(watch.settled)
    try:
        while True:
            watch.event.clear()
            while watch.settled:
                yield watch.settled.popleft()
            if not watch.left:
                if watch.settled:
                    # The last of them was told since the look at those before.
                    continue
                return
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left < 0:
                raise TimeoutError(f"{len(watch.left)} (of {total}) futures unfinished")
            watch.event.wait(left)
    finally:
        watch.stop()


class Executor:
    """The base of executors: what they do is up to submit()."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        """Has fn(*args, **kwargs) called, and returns a future for what becomes of it."""
        raise NotImplementedError

    def map(
        self,
        fn: Callable[..., Any],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[Any]:
        """Iterates over fn(*items) for the items of the iterables, in order; the calls run at the same time.

        With *buffersize*, at most so many results wait to be taken before more calls are made; without, all calls are
        made now. Raises TimeoutError if a result is not there *timeout* seconds after the call of map(). *chunksize*
        calls go to a process in one piece; executors of other kinds take no notice of it.
        """
        check_buffersize(buffersize)
        deadline = None if timeout is None else timeout + time.monotonic()
        calls = zip(*iterables)
        futures = deque(self.submit(fn, *args) for args in islice(calls, buffersize))
        more = None if buffersize is None else (weakref.ref(self), fn, calls)
        return results(futures, deadline, more)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Takes no more calls, and frees what the executor uses when those made have ended.

        With *wait*, that has happened when shutdown() returns. With *cancel_futures*, calls that have not begun are
        cancelled.
        """

    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc_val, exc_tb):
        self.shutdown(wait=True)
        return False


def check_buffersize(buffersize: int | None) -> None:
    """Raises what is wrong with it."""
    if buffersize is not None and not isinstance(buffersize, int):
        raise TypeError("buffersize must be an integer or None")
    if buffersize is not None and buffersize < 1:
        raise ValueError("buffersize must be None or > 0")


def results(futures: deque[Future], deadline: float | None, more: tuple | None = None) -> Iterator[Any]:
    """What the futures give, in order. *more* says how to make further ones, one for each that is taken."""
    try:
        while futures:
            if more is not None:
                executor, fn, calls = more
                executor = executor()
                args = next(calls, None) if executor is not None else None
                if args is not None:
                    futures.append(executor.submit(fn, *args))
                del executor
            # Nothing here keeps the future or its result.
            yield _taken(futures.popleft(), deadline)
    finally:
        for future in futures:
            future.cancel()


def _taken(future: Future, deadline: float | None) -> Any:
    try:
        return future.result(None if deadline is None else max(deadline - time.monotonic(), 0))
    finally:
        future.cancel()
        del future
