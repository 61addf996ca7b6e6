"""Backends of joblib that run on interpreters."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any

from joblib._parallel_backends import AutoBatchingMixin, FallbackToBackend, ParallelBackendBase, SequentialBackend

from ungil.compat._here import culprit, here

# What a call left behind for the next one that wants the same: starting interpreters takes time.
_idle: tuple[tuple, ProcessPoolExecutor] | None = None


def register(parallel) -> None:
    """Makes interpreters joblib's default, and what its names for processes and threads mean."""
    parallel.register_parallel_backend("ungil", InterpreterBackend, make_default=True)
    parallel.DEFAULT_PROCESS_BACKEND = "ungil"
    for name in ("loky", "multiprocessing"):
        parallel.register_parallel_backend(name, InterpreterBackend)
    parallel.register_parallel_backend("threading", SharingBackend)


class InterpreterBackend(AutoBatchingMixin, ParallelBackendBase):
    """Runs batches on isolated interpreters, to which functions, arguments and results are copied."""

    supports_retrieve_callback = True
    supports_inner_max_num_threads = True

    _executor: ProcessPoolExecutor | None = None
    _equipment: tuple = ()

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """How many interpreters that means; negative numbers count back from the number of processors."""
        from joblib import cpu_count

        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        if n_jobs is None:
            return 1
        return n_jobs if n_jobs > 0 else max(cpu_count() + 1 + n_jobs, 1)

    def configure(self, n_jobs=1, parallel=None, **options: Any) -> int:
        """Gets ready for a call of Parallel."""
        n_jobs = self.effective_n_jobs(n_jobs)
        if n_jobs == 1:
            raise FallbackToBackend(SequentialBackend(nesting_level=self.nesting_level))
        self.parallel = parallel
        options = {**self.backend_kwargs, **options}
        self._equipment = (n_jobs, options.get("initializer"), tuple(options.get("initargs", ())))
        self._executor = _take(self._equipment)
        return n_jobs

    def submit(self, func: Callable[[], list], callback: Callable[[Future], object] | None = None) -> Future:
        """Has an interpreter run a batch."""
        return _watched(self._executor.submit(func), callback)

    def retrieve_result_callback(self, future: Future) -> list:
        """What a batch came to."""
        return future.result()

    def get_nested_backend(self):
        """Parallel within a call runs one after the other: all processors have work already."""
        return SequentialBackend(nesting_level=(self.nesting_level or 0) + 1), None

    def terminate(self) -> None:
        """Ends a call; its interpreters wait for the next one."""
        if self._executor is not None:
            _give_back(self._equipment, self._executor)
            self._executor = None
        self.reset_batch_stats()

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Stops what is running."""
        if self._executor is not None:
            self._executor.kill_workers()
            self._executor = _take(self._equipment) if ensure_ready else None


class SharingBackend(InterpreterBackend):
    """Gives what threads would give: batches that would share memory with their starter run there, with a warning."""

    uses_threads = True
    supports_sharedmem = True

    def configure(self, n_jobs=1, parallel=None, **options: Any) -> int:
        """Gets ready for a call of Parallel."""
        self._here: list[Future] = []
        return super().configure(n_jobs, parallel, **options)

    def submit(self, func: Callable[[], list], callback: Callable[[Future], object] | None = None) -> Future:
        """Has a batch run, where it can."""
        for function, args, kwargs in func.items:
            if found := culprit(function, args, kwargs):
                here.tell(function, found)
                future = here.submit(func)
                self._here.append(future)
                return _watched(future, callback)
        return super().submit(func, callback)

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Stops what is running, and takes back what waits."""
        for future in self._here:
            future.cancel()
        self._here.clear()
        super().abort_everything(ensure_ready)


def _watched(future: Future, callback: Callable[[Future], object] | None) -> Future:
    if callback is not None:
        future.add_done_callback(callback)
    return future


def _take(equipment: tuple) -> ProcessPoolExecutor:
    global _idle
    kept, _idle = _idle, None
    if kept is not None:
        if kept[0] == equipment:
            return kept[1]
        kept[1].shutdown(wait=False)
    size, initializer, initargs = equipment
    return ProcessPoolExecutor(size, initializer=initializer, initargs=initargs)


def _give_back(equipment: tuple, executor: ProcessPoolExecutor) -> None:
    global _idle
    if _idle is None and executor._failures.reason is None:
        _idle = (equipment, executor)
    else:
        executor.shutdown(wait=False)
