"""An executor whose workers are isolated interpreters, within this process as seen from Python."""

from __future__ import annotations

from concurrent.futures import _base
from concurrent.futures._isolated import IsolatedExecutor, processors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["BrokenInterpreterPool", "InterpreterPoolExecutor"]


class BrokenInterpreterPool(_base.BrokenExecutor):
    """A worker ended while calls were running or waiting, or its initializer failed."""


class InterpreterPoolExecutor(IsolatedExecutor):
    """Runs calls in up to *max_workers* interpreters; each calls initializer(*initargs) first."""

    _kind = "thread"
    _broken_error = BrokenInterpreterPool

    def __init__(
        self,
        max_workers: int | None = None,
        thread_name_prefix: str = "",
        initializer: Callable[..., object] | None = None,
        initargs: tuple = (),
    ):
        if max_workers is None:
            max_workers = min(32, processors() + 4)
        self._thread_name_prefix = thread_name_prefix or f"InterpreterPoolExecutor-{next_number()}"
        super().__init__(max_workers, self._thread_name_prefix, initializer, initargs)

    @property
    def _threads(self) -> set[Any]:
        return set(self._crew.workers.values())


_last_number = -1


def next_number() -> int:
    """For names of executors that got none."""
    global _last_number
    _last_number += 1
    return _last_number
