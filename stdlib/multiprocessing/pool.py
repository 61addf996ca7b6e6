"""Pools of workers that calls are sent to.

No thread handles the results: they are taken in when this interpreter waits for something, or between two steps of its
code, and callbacks are called there.

A worker that ends while it runs a task makes that task fail with ProcessError, and another takes its place; the task is
not run again, as nobody knows how far it came.
"""

import itertools
import os
import warnings
import weakref

import _ungil
from _ungil_crew import Bursts

from . import _results, context
from ._results import (  # noqa: F401
    ApplyResult,
    AsyncResult,
    IMapIterator,
    IMapUnorderedIterator,
    MapResult,
    MaybeEncodingError,
    RemoteTraceback,
)
from .context import TimeoutError  # noqa: F401
from .util import Finalize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Self

    from .process import BaseProcess

__all__ = ["Pool", "ThreadPool"]

INIT, RUN, CLOSE, TERMINATE = "INIT", "RUN", "CLOSE", "TERMINATE"


def _work(
    tasks: _ungil.Receiver,
    results: _ungil.Sender,
    initializer: Callable[..., object] | None,
    initargs: tuple[Any, ...],
    limit: int | None,
) -> None:
    """What a worker does, until the tasks are over or it has done as many as it may."""
    if initializer is not None:
        try:
            initializer(*initargs)
        except Exception as error:
            # The pool would start worker after worker to the same end.
            _results.send_outcome(results, -1, 0, False, _results.failure(error))
            raise
    for number in itertools.count(1):
        try:
            # The ticket is held while the task runs: the pool sees when it is gone.
            ticket, job, index, run, function, arguments = tasks.recv()
        except _ungil.ChannelClosed:
            return
        try:
            outcome = (True, run(function.open(), arguments.open()))
        except Exception as error:
            outcome = (False, _results.failure(error))
        except SystemExit as stop:
            error = context.ProcessError(f"the task ended its worker by SystemExit({stop.code!r})")
            _results.send_outcome(results, job, index, False, _results.failure(error))
            raise
        _results.send_outcome(results, job, index, *outcome)
        del ticket, function, arguments, outcome
        if number == limit:
            return


class Pool:
    """Processes that do what is sent to them."""

    _wrap_exception = True

    @staticmethod
    def Process(ctx, *args: Any, **kwargs: Any) -> BaseProcess:
        """A worker that was not started."""
        return ctx.Process(*args, **kwargs)

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
        context: Any = None,
    ) -> None:
        self._pool: list[BaseProcess] = []
        self._state = INIT
        if processes is None:
            processes = os.process_cpu_count() or 1
        if processes < 1:
            raise ValueError("Number of processes must be at least 1")
        if maxtasksperchild is not None and (not isinstance(maxtasksperchild, int) or maxtasksperchild <= 0):
            raise ValueError("maxtasksperchild must be a positive int or None")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        self._ctx = context or _default_context()
        self._processes = processes
        self._setup = (initializer, tuple(initargs), maxtasksperchild)
        self._window = 4 * processes
        self._jobs: dict[int, _results.Job] = {}
        self._numbers = itertools.count()
        self._broken: BaseException | None = None
        self._idle_ends = 0
        self._tasks, self._task_receiver = _ungil.unbounded_channel()
        this = weakref.ref(self)
        self._inbox = _ungil.Inbox(lambda message: (pool := this()) and pool._receive(*message))
        self._bursts = Bursts(self._inbox)
        self._watches: dict[BaseProcess, Any] = {}
        self._terminate = Finalize(self, _end_workers, (self._pool, self._tasks, self._inbox), exitpriority=15)
        try:
            for _ in range(processes):
                self._start_worker()
        except BaseException:
            self._terminate()
            raise
        self._state = RUN

    def __del__(self) -> None:
        if self._state == RUN:
            warnings.warn(f"unclosed running multiprocessing pool {self!r}", ResourceWarning, source=self)

    def __repr__(self) -> str:
        cls = type(self)
        return f"<{cls.__module__}.{cls.__qualname__} state={self._state} pool_size={len(self._pool)}>"

    def __reduce__(self):
        raise NotImplementedError("pool objects cannot be passed between processes or pickled")

    def __enter__(self) -> Self:
        self._check_running()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.terminate()

    # --- work ---

    def apply(self, func: Callable, args: Iterable[Any] = (), kwds: dict[str, Any] = {}) -> Any:
        """Calls the function in a worker and returns what it returns."""
        return self.apply_async(func, args, kwds).get()

    def apply_async(
        self,
        func: Callable,
        args: Iterable[Any] = (),
        kwds: dict[str, Any] = {},
        callback: Callable[[Any], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> ApplyResult:
        """Has the function called in a worker."""
        self._check_running()
        result = ApplyResult(self, callback, error_callback)
        result._submit(0, _results.call, func, (tuple(args), dict(kwds)))
        return result

    def map(self, func: Callable[[Any], Any], iterable: Iterable[Any], chunksize: int | None = None) -> list[Any]:
        """The results of the function for each of the items; they are sent in chunks."""
        return self.map_async(func, iterable, chunksize).get()

    def starmap(self, func: Callable, iterable: Iterable[Iterable[Any]], chunksize: int | None = None) -> list[Any]:
        """As map(), with items that are the arguments."""
        return self.starmap_async(func, iterable, chunksize).get()

    def map_async(
        self,
        func: Callable[[Any], Any],
        iterable: Iterable[Any],
        chunksize: int | None = None,
        callback: Callable[[list[Any]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> MapResult:
        """Has map() done."""
        return self._map(_results.map_chunk, func, iterable, chunksize, callback, error_callback)

    def starmap_async(
        self,
        func: Callable,
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        callback: Callable[[list[Any]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> MapResult:
        """Has starmap() done."""
        return self._map(_results.starmap_chunk, func, iterable, chunksize, callback, error_callback)

    def _map(self, run, func, iterable, chunksize, callback, error_callback) -> MapResult:
        self._check_running()
        items = list(iterable)
        if chunksize is None:
            chunksize = -(-len(items) // (4 * self._processes))
        chunks = list(map(list, itertools.batched(items, max(chunksize, 1))))
        return MapResult(self, chunks, run, self._prepare(func), callback, error_callback)

    def imap(self, func: Callable[[Any], Any], iterable: Iterable[Any], chunksize: int = 1) -> IMapIterator:
        """The results for the items, one after the other; items are taken while results come."""
        return self._imap(IMapIterator, func, iterable, chunksize)

    def imap_unordered(self, func: Callable[[Any], Any], iterable: Iterable[Any], chunksize: int = 1) -> IMapIterator:
        """The results for the items, as they come."""
        return self._imap(IMapUnorderedIterator, func, iterable, chunksize)

    def _imap(self, kind: type[IMapIterator], func, iterable, chunksize: int) -> IMapIterator:
        self._check_running()
        if chunksize < 1:
            raise ValueError(f"Chunksize must be 1+, not {chunksize:n}")
        return kind(self, map(list, itertools.batched(iterable, chunksize)), self._prepare(func))

    # --- the end ---

    def close(self) -> None:
        """Takes no more work; workers end when all is done."""
        if self._state == RUN:
            self._state = CLOSE
            self._end_if_done()

    def terminate(self) -> None:
        """Stops the workers; work under way fails with ProcessError."""
        self._state = TERMINATE
        # First, or the end of a worker would be what a task hears of.
        self._abandon(context.ProcessError("the pool was terminated before this was done"))
        self._terminate()

    def join(self) -> None:
        """Waits for the workers to end, after close() or terminate()."""
        if self._state == RUN:
            raise ValueError("Pool is still running")
        if self._state not in (CLOSE, TERMINATE):
            raise ValueError("In unknown state")
        # A list, because the news of a worker's end takes it out at any time.
        while workers := list(self._pool):
            worker = workers[0]
            worker.join()
            self._worker_ended(worker)
        self._inbox.pump()

    def _check_running(self) -> None:
        if self._state != RUN:
            raise ValueError("Pool not running")
        if self._broken is not None:
            raise self._broken

    def _ended(self) -> bool:
        # Workers are ended by terminate(), and by the end of the pool or of this interpreter.
        return not self._terminate.still_active() or self._broken is not None

    def _end_if_done(self) -> None:
        if self._state == CLOSE and all(job._fed() for job in list(self._jobs.values())):
            # What is in the channel is still done.
            self._tasks.close()

    # --- jobs ---

    def _register(self, job: _results.Job) -> int:
        number = next(self._numbers)
        self._jobs[number] = job
        return number

    def _forget(self, number: int) -> None:
        self._jobs.pop(number, None)
        self._end_if_done()

    def _prepare(self, function: Callable) -> object:
        """The function, packed once for all chunks; unchanged if it cannot be, so that each chunk fails of it."""
        try:
            return _ungil.pack(function)
        except Exception:
            return function

    def _send(
        self, ticket: _ungil.Sender, job: _results.Job, index: int, run: Callable, function: object, arguments: object
    ) -> None:
        """Sends a chunk to whichever worker takes it."""
        if not isinstance(function, _ungil.Parcel):
            function = _ungil.pack(function)
        self._tasks.send((ticket, job._number, index, run, function, _ungil.pack(arguments)))
        self._bursts.count()

    def _attend(self) -> None:
        """Takes in what has come: somebody is about to wait for it."""
        self._bursts.attend(len(self._task_receiver) == 0)

    def _receive(self, number: int, index: int, succeeded: bool, parcel: _ungil.Parcel) -> None:
        self._idle_ends = 0
        succeeded, value = _results.opened(succeeded, parcel)
        if number < 0:
            error = context.ProcessError("the initializer of the pool raised an exception")
            error.__cause__ = value
            self._break(error)
        elif job := self._jobs.get(number):
            job._answer(index, succeeded, value)

    def _break(self, error: BaseException) -> None:
        self._broken = error
        self._abandon(error)

    def _abandon(self, error: BaseException) -> None:
        for job in list(self._jobs.values()):
            job._abandon(error)
        self._jobs.clear()

    # --- workers ---

    def _start_worker(self) -> None:
        worker = self.Process(self._ctx, target=_work, args=(self._task_receiver, self._inbox.sender, *self._setup))
        worker.name = worker.name.replace("Process", "PoolWorker")
        worker.daemon = True
        worker.start()
        self._pool.append(worker)
        this = weakref.ref(self)
        ended = lambda: (pool := this()) and pool._worker_ended(worker)  # noqa: E731
        self._watches[worker] = _ungil.when_ready(worker.sentinel, ended)

    def _worker_ended(self, worker: BaseProcess) -> None:
        try:
            self._pool.remove(worker)
        except ValueError:
            return  # join() and the news of its end both come here.
        # It may have ended before its watch was noted.
        if watch := self._watches.pop(worker, None):
            watch.cancel()
        worker.join()
        lost = [(job, index) for job in list(self._jobs.values()) for index in job._lost()]
        # What it had answered before is in the inbox.
        self._inbox.pump()
        for job, index in lost:
            text = f"{worker.name} (exit code {worker.exitcode}) ended while it ran this task, which is not run again"
            job._answer(index, False, context.ProcessError(text))
        if worker.exitcode != 0 and not lost:
            self._idle_ends += 1
        self._replace(worker)

    def _replace(self, worker: BaseProcess) -> None:
        if self._ended() or not (self._state == RUN or self._state == CLOSE and self._jobs):
            return
        try:
            if self._idle_ends > 2 * self._processes:
                raise context.ProcessError(f"workers end before they take a task, with exit code {worker.exitcode}")
            self._start_worker()
        except Exception as error:
            if not self._pool:
                self._break(error)


def _end_workers(workers: list[BaseProcess], tasks: _ungil.Sender, inbox: _ungil.Inbox) -> None:
    tasks.close()
    for worker in list(workers):
        worker.terminate()
    for worker in list(workers):
        worker.join()
    inbox.close()


def _default_context() -> context.BaseContext:
    return context._default_context.get_context()


class ThreadPool(Pool):
    """Threads that do what is sent to them.

    A task that carries no state that others could change runs on an interpreter of its own. One that does, by argument,
    closure or global name, runs at home when it is submitted, so that what it changes is changed here; a RuntimeWarning
    says once what kept it.
    """

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
    ) -> None:
        initargs = tuple(initargs)
        self._told: set[str] = set()
        # What an initializer sets up here can only be seen by tasks that run here.
        self._culprit: str | None = None
        self._initialize: Callable[[], object] | None = None
        if callable(initializer):
            self._culprit = _carry().culprit(initializer, initargs)
            self._initialize = lambda: initializer(*initargs)
        if self._culprit is None:
            super().__init__(processes, initializer, initargs)
        else:
            super().__init__(processes)

    @staticmethod
    def Process(ctx, *args: Any, **kwargs: Any) -> BaseProcess:
        """A worker that was not started."""
        from .dummy import IsolatedThread

        return IsolatedThread(*args, **kwargs)

    def _prepare(self, function: Callable) -> object:
        return function

    def _send(self, ticket, job, index, run, function, arguments) -> None:
        args, kwargs = arguments if run is _results.call else (tuple(arguments), {})
        culprit = self._culprit or _carry().culprit(function, args, kwargs)
        if culprit is None:
            super()._send(ticket, job, index, run, function, arguments)
            return
        name = getattr(function, "__qualname__", None) or repr(function)
        if blocker := _carry().blocker(function, args, kwargs):
            raise RuntimeError(
                f"{name} cannot run in an interpreter of its own, because changes to {culprit} would be lost there, "
                f"and cannot run here, because it carries {blocker} and might wait for the code that submits it; pass "
                "ungil.copied(obj) if a copy will do"
            )
        if culprit not in self._told:
            self._told.add(culprit)
            warnings.warn(
                f"{name} runs where it is submitted, and not in parallel, because changes to {culprit} would be lost in "
                "an interpreter of its own; pass ungil.copied(obj) if a copy will do",
                RuntimeWarning,
                stacklevel=5,
            )
        if self._initialize:
            initialize, self._initialize = self._initialize, None
            initialize()
        job._answer(index, True, run(function, arguments))


def _carry():
    import _ungil_carry

    return _ungil_carry
