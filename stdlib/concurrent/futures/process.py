"""An executor whose workers are processes as `multiprocessing` has them: isolated interpreters with an id of their own."""

from __future__ import annotations

import itertools
from functools import partial

from concurrent.futures import _base
from concurrent.futures._isolated import IsolatedExecutor, processors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

__all__ = ["BrokenProcessPool", "ProcessPoolExecutor"]

# How many workers CPython can have on Windows, a limit of its own that packages keep to. It does not hold here.
_MAX_WINDOWS_WORKERS = 63 - 2


class BrokenProcessPool(_base.BrokenExecutor):
    """A worker ended while calls were running or waiting, or its initializer failed."""


def _call_each(fn: Callable[..., Any], chunk: Iterable[tuple]) -> list[Any]:
    return [fn(*args) for args in chunk]


class ProcessPoolExecutor(IsolatedExecutor):
    """Runs calls in up to *max_workers* processes, as many as there are processors if that is not given.

    Each calls initializer(*initargs) first, and another takes its place after *max_tasks_per_child* calls. Any
    *mp_context* is accepted: all start methods mean the same here.
    """

    _kind = "process"
    _broken_error = BrokenProcessPool

    def __init__(
        self,
        max_workers: int | None = None,
        mp_context: Any = None,
        initializer: Callable[..., object] | None = None,
        initargs: tuple = (),
        *,
        max_tasks_per_child: int | None = None,
    ):
        if max_tasks_per_child is not None:
            if not isinstance(max_tasks_per_child, int):
                raise TypeError("max_tasks_per_child must be an integer")
            if max_tasks_per_child <= 0:
                raise ValueError("max_tasks_per_child must be >= 1")
        if max_workers is None:
            max_workers = processors()
        self._mp_context = mp_context
        super().__init__(max_workers, "ProcessPoolExecutor", initializer, initargs, max_tasks_per_child)

    def map(
        self,
        fn: Callable[..., Any],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[Any]:
        if chunksize < 1:
            raise ValueError("chunksize must be >= 1.")
        if chunksize == 1:
            return super().map(fn, *iterables, timeout=timeout, buffersize=buffersize)
        chunks = itertools.batched(zip(*iterables), chunksize)
        results = super().map(partial(_call_each, fn), chunks, timeout=timeout, buffersize=buffersize)
        return itertools.chain.from_iterable(results)

    map.__doc__ = _base.Executor.map.__doc__

    def terminate_workers(self) -> None:
        """Ends all workers now, as Process.terminate() does. Calls that had not ended fail with BrokenProcessPool."""
        self._stop(kill=False)

    def kill_workers(self) -> None:
        """Ends all workers now, as Process.kill() does. Calls that had not ended fail with BrokenProcessPool."""
        self._stop(kill=True)

    def _stop(self, kill: bool) -> None:
        self.shutdown(wait=False, cancel_futures=True)
        self._crew.stop("its workers were killed" if kill else "its workers were terminated", kill=kill)

    @property
    def _processes(self) -> dict[int, Any]:
        return self._crew.workers
