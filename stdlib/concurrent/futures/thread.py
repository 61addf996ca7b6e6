"""An executor that gives the results that threads would give.

A call that carries no mutable state goes to a worker, an isolated interpreter, and runs in parallel. One that does would
leave its changes in a copy there, so it runs in submit() itself, on the interpreter that submits it: right results first.
"""

from __future__ import annotations

import warnings

import _ungil
import _ungil_carry

from concurrent.futures import _base
from concurrent.futures._isolated import IsolatedExecutor, processors
from concurrent.futures.interpreter import next_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["BrokenThreadPool", "ThreadPoolExecutor"]


class BrokenThreadPool(_base.BrokenExecutor):
    """A worker was lost while calls were running or waiting, or the initializer failed."""


class ThreadPoolExecutor(IsolatedExecutor):
    """Runs calls in up to *max_workers* isolated interpreters; each calls initializer(*initargs) first.

    What a call carries is its arguments and what its function refers to. If a list, a dict or another mutable object is
    among that, or the function stores to a global name, the call runs in submit(), and a RuntimeWarning says once what
    kept it there. If such a call also carries a queue, a lock or the like, it might wait for ever for the code that
    submits it, so submit() raises ungil.SharedStateError. `ungil.copied(obj)` among the arguments says that a copy will do.
    """

    _kind = "thread"
    _broken_error = BrokenThreadPool

    def __init__(
        self,
        max_workers: int | None = None,
        thread_name_prefix: str = "",
        initializer: Callable[..., object] | None = None,
        initargs: tuple = (),
        **ctxkwargs: Any,
    ):
        if max_workers is None:
            max_workers = min(32, processors() + 4)
        self._thread_name_prefix = thread_name_prefix or f"ThreadPoolExecutor-{next_number()}"
        # Set once the initializer has run here, for calls that do.
        self._initialized = initializer is None
        self._initializer, self._initargs = initializer, initargs
        self._told: set[str] = set()
        if initializer is not None and callable(initializer) and _ungil_carry.culprit(initializer, initargs, {}):
            # What it sets up can only be seen here, once, before the first call.
            super().__init__(max_workers, self._thread_name_prefix, None, ())
            self._before_all = True
        else:
            super().__init__(max_workers, self._thread_name_prefix, initializer, initargs)
            self._before_all = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> _base.Future:
        if self._shutdown or self._crew.closed:
            self._refuse()
        if self._before_all and not self._initialized:
            self._initialize()
        culprit = _ungil_carry.culprit(fn, args, kwargs)
        if culprit is None:
            return self._ship(_base.Future(), fn, args, kwargs)
        return self._run_here(culprit, fn, args, kwargs)

    submit.__doc__ = _base.Executor.submit.__doc__

    def _all_cross(self, fn: Callable[..., Any], items: list[tuple]) -> bool:
        return not self._before_all and _ungil.is_atomic(tuple(items)) and _ungil_carry.culprit(fn, (), {}) is None

    def _run_here(self, culprit: str, fn, args, kwargs) -> _base.Future:
        called = getattr(fn, "__qualname__", None) or repr(fn)
        blocker = _ungil_carry.blocker(fn, args, kwargs)
        if blocker is not None:
            raise _ungil_carry.SharedStateError(
                f"{called} cannot run in an interpreter of its own, where changes would be lost: {culprit}; nor can it run "
                f"here, where it might wait for the code that submits it: {blocker}; pass ungil.copied(...) to carry a copy"
            )
        if culprit not in self._told:
            self._told.add(culprit)
            warnings.warn(
                f"{called} runs in submit() and not in parallel: {culprit}, and changes made in an interpreter of its own "
                "would be lost; pass ungil.copied(...) to carry a copy",
                RuntimeWarning,
                stacklevel=3,
            )
        if not self._initialized:
            self._initialize()
        future = _base.Future()
        future.set_running_or_notify_cancel()
        args, kwargs = _ungil_carry.unwrapped(args, kwargs)
        try:
            result = fn(*args, **kwargs)
        except (KeyboardInterrupt, _ungil.Cancelled):
            raise
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)
        return future

    def _initialize(self) -> None:
        self._initialized = True
        try:
            self._initializer(*self._initargs)
        except Exception as error:
            self._crew.stop("the initializer failed", cause=error)
            self._refuse()

    @property
    def _threads(self) -> set[Any]:
        return set(self._crew.workers.values())
