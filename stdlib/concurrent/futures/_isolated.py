"""What the executors on isolated interpreters have in common."""

from __future__ import annotations

import os
import time
import weakref
from collections import deque

from _ungil import pack
from _ungil_crew import Crew

from concurrent.futures import _base
from concurrent.futures._blocks import BlockMap, split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any


class IsolatedExecutor(_base.Executor):
    """An executor whose workers are a crew of isolated interpreters.

    Workers are started when a call finds none idle, up to *max_workers*, and each calls initializer(*initargs) first.
    """

    _kind: str
    _broken_error: type[_base.BrokenExecutor]

    def __init__(
        self,
        max_workers: int,
        name: str,
        initializer: Callable[..., object] | None,
        initargs: tuple,
        limit: int | None = None,
    ):
        if max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        self._max_workers = max_workers
        self._shutdown = False
        failures = _Failures(self._broken_error)
        self._failures = failures
        self._limit = limit
        self._maps: weakref.WeakSet[BlockMap] = weakref.WeakSet()
        # The crew outlives an executor that is dropped, until what was submitted is done.
        self._crew = Crew(
            max_workers,
            kind=self._kind,
            name=name,
            initializer=initializer,
            initargs=initargs,
            limit=limit,
            lost=failures.lost,
        )

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> _base.Future:
        """Has fn(*args, **kwargs) called by a worker, and returns a future for what becomes of it."""
        if self._shutdown or self._crew.closed:
            self._refuse()
        return self._ship(_base.Future(), fn, args, kwargs)

    def _ship(self, future: _base.Future, fn, args, kwargs) -> _base.Future:
        try:
            call = pack((fn, args, kwargs))
        except Exception as error:
            future.set_exception(error)
            return future
        crew = self._crew
        future._number = crew.put(call, future)
        # The call may have ended by now.
        if future._state == _base.PENDING:
            future._crew = crew
        return future

    def map(
        self,
        fn: Callable[..., Any],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[Any]:
        if buffersize is not None or self._limit is not None:
            return super().map(fn, *iterables, timeout=timeout, buffersize=buffersize)
        deadline = None if timeout is None else timeout + time.monotonic()
        items = list(zip(*iterables))
        if self._shutdown or self._crew.closed:
            self._refuse()
        blocks = split(fn, items) if self._all_cross(fn, items) else None
        if blocks is None:
            futures = deque([self.submit(fn, *args) for args in items])
            return _base.results(futures, deadline)
        mapped = BlockMap(self._crew, *blocks, deadline)
        self._maps.add(mapped)
        return mapped.results()

    map.__doc__ = _base.Executor.map.__doc__

    def _all_cross(self, fn: Callable[..., Any], items: list[tuple]) -> bool:
        """True if workers may run all of it."""
        return True

    def _refuse(self) -> None:
        if self._failures.reason is not None:
            raise self._failures.make()
        if not self._shutdown:
            raise RuntimeError("cannot schedule new futures after interpreter shutdown")
        raise RuntimeError("cannot schedule new futures after shutdown")

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._shutdown = True
        crew = self._crew
        if cancel_futures:
            for mapped in self._maps:
                mapped.cancel()
            for future in crew.withdraw():
                future._withdrawn()
        crew.close()
        if wait:
            crew.join()

    shutdown.__doc__ = _base.Executor.shutdown.__doc__

    def __del__(self):
        crew = getattr(self, "_crew", None)
        if crew is not None:
            crew.close()


class _Failures:
    """Why an executor cannot be used any more, and the exceptions that say so."""

    def __init__(self, error: type[_base.BrokenExecutor]):
        self._error = error
        self.reason: str | None = None
        self._cause: BaseException | None = None

    def lost(self, reason: str, cause: BaseException | None) -> Callable[[], _base.BrokenExecutor]:
        """What a crew calls."""
        self.reason, self._cause = reason, cause
        if cause is not None:
            _base.logger().critical("%s", reason, exc_info=cause)
        return self.make

    def make(self) -> _base.BrokenExecutor:
        """The exception for one call."""
        error = self._error(f"the executor cannot run calls any more: {self.reason}")
        error.__cause__ = self._cause
        return error


def processors() -> int:
    """How many processors this process may use."""
    return os.process_cpu_count() or 1
