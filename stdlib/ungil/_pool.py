"""A pool of interpreters."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice
from typing import Any

import _ungil
from _ungil_crew import Crew
from _ungil_errors import open_error, pack_error
from concurrent.futures import Future, _base

from ungil._progress import Progress

# A chunk should take about so many seconds: the cost of sending it is then small, and no worker waits long for another.
_CHUNK_TIME = 0.002
_LARGEST_CHUNK = 1024


class PoolBroken(RuntimeError):
    """A worker of the pool ended before its time, or its initializer failed."""


class PoolFuture(Future):
    """What becomes of a call in a pool: a `concurrent.futures.Future` that can be awaited."""

    def __await__(self) -> Generator[Any, Any, Any]:
        import asyncio

        return asyncio.wrap_future(self).__await__()


class Pool:
    """Interpreters that share the work of many calls.

        with ungil.Pool() as pool:
            totals = pool.map(total, orders)

    *size* is how many there are at most, as many as processors if it is not given; they are started when they are needed.
    Each calls initializer(*initargs) first. Leaving the `with` block waits for what was submitted; leaving it by an
    exception ends the workers at once.
    """

    def __init__(
        self,
        size: int | None = None,
        *,
        name: str = "pool",
        initializer: Callable[..., object] | None = None,
        initargs: tuple = (),
        max_tasks_per_worker: int | None = None,
    ):
        if size is None:
            size = os.process_cpu_count() or 1
        if size < 1:
            raise ValueError("size must be at least 1")
        self._reason: str | None = None
        self._cause: BaseException | None = None
        self._crew = Crew(
            size,
            kind="task",
            name=name,
            initializer=initializer,
            initargs=tuple(initargs),
            limit=max_tasks_per_worker,
            lost=self._lost,
        )

    @property
    def size(self) -> int:
        """How many workers it has at most."""
        return self._crew.size

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> PoolFuture:
        """Has a worker call function(*args, **kwargs); returns a future, which can also be awaited."""
        return self._put(_ungil.pack((function, args, kwargs)))

    def map(
        self,
        function: Callable[..., Any],
        *iterables: Iterable[Any],
        chunksize: int | None = None,
        timeout: float | None = None,
        progress: bool = False,
    ) -> list[Any]:
        """The results of function(*items) for the items of the iterables, in order.

        Items travel in chunks of *chunksize*; if that is not given, in chunks that take about two milliseconds. The items
        of a chunk run one after another. With *progress*, a bar on the terminal shows how far it is.
        """
        return list(self.imap(function, *iterables, chunksize=chunksize, timeout=timeout, progress=progress))

    def imap(
        self,
        function: Callable[..., Any],
        *iterables: Iterable[Any],
        chunksize: int | None = None,
        timeout: float | None = None,
        progress: bool = False,
    ) -> Iterator[Any]:
        """As map, but an iterator, which gives a result as soon as it and those before it are there.

        The iterables are read as far as workers need it, so they may be endless.
        """
        return self._map(function, iterables, chunksize, timeout, progress, ordered=True)

    def map_unordered(
        self,
        function: Callable[..., Any],
        *iterables: Iterable[Any],
        chunksize: int | None = None,
        timeout: float | None = None,
        progress: bool = False,
    ) -> Iterator[Any]:
        """As imap, but in the order in which results arrive."""
        return self._map(function, iterables, chunksize, timeout, progress, ordered=False)

    def broadcast(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> list[Any]:
        """Calls function(*args, **kwargs) once in each of the pool's workers, and returns the results.

        It waits until all have come to it, so what was submitted before is done or running by then.
        """
        meeting = _ungil.Barrier(self.size)
        call = _ungil.pack((_meet, (meeting, function, args, kwargs), {}))
        return [future.result() for future in [self._put(call) for _ in range(self.size)]]

    def close(self) -> None:
        """Takes no more calls; workers end when those submitted are done."""
        self._crew.close()

    def join(self, timeout: float | None = None) -> bool:
        """Waits for the workers to end, after close() or terminate(); False if they have not in *timeout* seconds."""
        if not self._crew.closed:
            raise ValueError("the pool is still open: close() or terminate() it first")
        return self._crew.join(timeout)

    def terminate(self) -> None:
        """Ends the workers at once. Calls that have not ended fail with PoolBroken."""
        self._crew.stop("it was terminated")

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, exc_type, exc, traceback) -> None:
        if exc_type is None:
            self.close()
        else:
            self.terminate()
        self.join()

    def __repr__(self) -> str:
        state = "closed" if self._crew.closed else "open"
        return f"<ungil.Pool {state}, {len(self._crew.workers)} of {self.size} workers>"

    def _lost(self, reason: str, cause: BaseException | None) -> Callable[[], BaseException]:
        self._reason, self._cause = reason, cause
        return self._failure

    def _failure(self) -> PoolBroken:
        error = PoolBroken(f"the pool cannot run calls any more: {self._reason}")
        error.__cause__ = self._cause
        return error

    def _put(self, call: _ungil.Parcel) -> PoolFuture:
        if self._reason is not None:
            raise self._failure()
        if self._crew.closed:
            raise ValueError("the pool is closed")
        future = PoolFuture()
        future._number = self._crew.put(call, future)
        if future._state == _base.PENDING:
            future._crew = self._crew
        return future

    def _map(self, function, iterables, chunksize, timeout, progress, ordered) -> Iterator[Any]:
        if chunksize is not None and chunksize < 1:
            raise ValueError("chunksize must be at least 1")
        deadline = None if timeout is None else time.monotonic() + timeout
        total = min((len(items) for items in iterables if hasattr(items, "__len__")), default=None)
        bar = Progress(total) if progress else None
        chunks = _Chunks(self, function, zip(*iterables), chunksize)
        chunks.supply()
        return _results(chunks, deadline, bar, ordered)


class _Chunks:
    """The chunks of one map that are on their way."""

    def __init__(self, pool: Pool, function, items: Iterator[tuple], chunksize: int | None):
        self._pool = pool
        # A parcel crosses by reference: the function is packed once.
        self._function = _ungil.pack(function)
        self._items = items
        self._fixed = chunksize
        self._size = chunksize or 1
        self._arrived = _ungil.Event()
        self.running: deque[PoolFuture] = deque()

    def supply(self) -> None:
        """Sends chunks until each worker has one to run and two to go on with."""
        while len(self.running) < self._pool.size * 3:
            chunk = list(islice(self._items, self._size))
            if not chunk:
                return
            future = self._pool._put(_ungil.pack((_call_each, (self._function, chunk), {})))
            self.running.append(future)
            future.add_done_callback(self._note)

    def _note(self, _future: Future) -> None:
        self._arrived.set()

    def next(self, deadline: float | None, ordered: bool) -> list[tuple[bool, Any]] | None:
        """The outcomes of the items of a chunk; None when there are no more."""
        while self.running:
            self._arrived.clear()
            for index, future in enumerate(self.running):
                if future.done():
                    del self.running[index]
                    seconds, outcomes = future.result()
                    self._learn(seconds, len(outcomes))
                    self.supply()
                    return outcomes
                if ordered:
                    break
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0 or not self._arrived.wait(left):
                raise TimeoutError("the results were not there in time")
        return None

    def cancel(self) -> None:
        """Takes back what no worker has begun."""
        for future in self.running:
            future.cancel()

    def _learn(self, seconds: float, count: int) -> None:
        if self._fixed is None:
            wanted = int(_CHUNK_TIME * count / max(seconds, 1e-9))
            # Slowly up, for the next item may take longer; at once down.
            self._size = max(1, min(wanted, self._size * 4, _LARGEST_CHUNK))


def _results(chunks: _Chunks, deadline, bar: Progress | None, ordered: bool) -> Iterator[Any]:
    try:
        while (outcomes := chunks.next(deadline, ordered)) is not None:
            for good, value in outcomes:
                if not good:
                    raise open_error(value)
                yield value
            if bar is not None:
                bar.advance(len(outcomes))
    finally:
        chunks.cancel()
        if bar is not None:
            bar.close()


def _call_each(function: _ungil.Parcel, items: list[tuple]) -> tuple[float, list[tuple[bool, Any]]]:
    call = function.open()
    begun = time.perf_counter()
    outcomes: list[tuple[bool, Any]] = []
    for args in items:
        try:
            outcomes.append((True, call(*args)))
        except _ungil.Cancelled:
            raise
        except BaseException as error:
            outcomes.append((False, pack_error(error)))
            break
    return time.perf_counter() - begun, outcomes


def _meet(meeting: _ungil.Barrier, function: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> Any:
    meeting.wait()
    return function(*args, **kwargs)
