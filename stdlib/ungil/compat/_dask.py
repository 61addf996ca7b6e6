"""A scheduler of dask that computes on interpreters.

dask is imported in functions only: whatever is imported first, this module or dask's, the other is complete when it is used.
"""

from __future__ import annotations

from concurrent.futures import Future, InterpreterPoolExecutor
from timeit import default_timer

from ungil.compat._here import culprit, here
from ungil.compat._ticks import Ticks

_executors: dict[int, InterpreterPoolExecutor] = {}


def adjust_delayed(module) -> None:
    """Makes interpreters what delayed values are computed on."""
    from dask.base import named_schedulers

    named_schedulers.update(threads=get_sharing, threading=get_sharing)
    module.Delayed.__dask_scheduler__ = staticmethod(get)


def adjust_bag(module) -> None:
    """Makes interpreters what bags are computed on."""
    module.Bag.__dask_scheduler__ = module.Item.__dask_scheduler__ = staticmethod(get)


def adjust_progress(module) -> None:
    """Has the progress bar drawn here, where what it shows is."""
    module.ProgressBar._start = _start_bar


def get(dsk, keys, num_workers: int | None = None, pool=None, **options):
    """Computes *keys* of a graph on isolated interpreters, which are kept for the next time.

    What tasks take and give is copied. Within a task, a graph is computed right there.
    """
    import dask.multiprocessing
    from dask.local import get_sync

    if pool is None and _within_task():
        return get_sync(dsk, keys, **options)
    pool = pool or dask.config.get("pool", None) or _executor(num_workers)
    # Where processes are far away dask sends six tasks at a time, which then run one after the other.
    options.setdefault("chunksize", dask.config.get("chunksize", 1))
    return dask.multiprocessing.get(dsk, keys, pool=pool, func_dumps=_itself, func_loads=_itself, **options)


def get_sharing(dsk, keys, num_workers: int | None = None, pool=None, **options):
    """As get(), but gives what threads would give: tasks that share memory with their starter run there, with a warning."""
    from dask import config

    pool = pool or config.get("pool", None)
    if pool is None and not _within_task():
        pool = _Sharing(_executor(num_workers))
    return get(dsk, keys, num_workers, pool, **options)


def _itself(value):
    return value


def _within_task() -> bool:
    return here.running or _computes


# True in the interpreters of the executor.
_computes = False


def _begin() -> None:
    global _computes
    _computes = True


def _executor(size: int | None) -> InterpreterPoolExecutor:
    from dask import config
    from dask.system import CPU_COUNT

    size = size or config.get("num_workers", None) or CPU_COUNT
    executor = _executors.get(size)
    if executor is None or executor._failures.reason is not None:
        executor = _executors[size] = InterpreterPoolExecutor(size, initializer=_begin)
    return executor


class _Sharing:
    """What dask submits batches of tasks to, for which memory is to be shared."""

    def __init__(self, executor: InterpreterPoolExecutor):
        self._executor = executor
        self._max_workers = executor._max_workers

    def submit(self, function, batch: list[tuple]) -> Future:
        for _key, (task, _data), *_ in batch:
            for called in _functions(task):
                if found := culprit(called):
                    here.tell(called, found)
                    return here.submit(function, batch)
        return self._executor.submit(function, batch)


def _functions(task):
    """The functions that a task calls."""
    function = getattr(task, "func", None)
    if function is not None:
        yield function
    for part in (*getattr(task, "args", ()), *getattr(task, "kwargs", {}).values()):
        yield from _functions(part)


def _start_bar(bar, dsk) -> None:
    bar._state = None
    bar._start_time = default_timer()
    bar._running = True
    bar._timer = _Timer(bar)


class _Timer(Ticks):
    """Takes the place of the thread that draws a progress bar."""

    def __init__(self, bar):
        super().__init__(bar._dt, lambda: _draw(bar))

    join = Ticks.stop


def _draw(bar) -> None:
    elapsed = default_timer() - bar._start_time
    if elapsed > bar._minimum:
        bar._update_bar(elapsed)
