"""Calls that must run on the interpreter that submits them, because they share its memory."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import _ungil
import _ungil_carry


class Here:
    """Runs calls one after the other on this interpreter, whenever it waits for something.

    Not in submit(): what submits the next call when one has ended would call itself, ever deeper.
    """

    def __init__(self):
        self.running = False
        self._calls: deque[tuple[Future, Callable[..., Any], tuple]] = deque()
        self._inbox = _ungil.Inbox(self._run)
        self._told: set[str] = set()

    def submit(self, function: Callable[..., Any], /, *args: Any) -> Future:
        """Has the call made here, and returns a future for what becomes of it."""
        future = Future()
        self._calls.append((future, function, args))
        self._inbox.sender.send(None)
        return future

    def tell(self, function: Callable[..., Any], culprit: str) -> None:
        """Warns, once for each cause, that calls run here."""
        if culprit in self._told:
            return
        self._told.add(culprit)
        name = getattr(function, "__qualname__", None) or repr(function)
        warnings.warn(
            f"{name} runs where it is submitted and not in parallel: {culprit}, and changes made in an interpreter of its "
            "own would be lost",
            RuntimeWarning,
            stacklevel=2,
        )

    def _run(self, _message: None) -> None:
        future, function, args = self._calls.popleft()
        if not future.set_running_or_notify_cancel():
            return
        self.running = True
        try:
            result = function(*args)
        except _ungil.Cancelled:
            raise
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)
        finally:
            self.running = False


here = Here()


def culprit(function: Callable[..., Any], args: tuple = (), kwargs: dict[str, Any] | None = None) -> str | None:
    """Names what the call would have to share with the interpreter that submits it; None if it can run elsewhere."""
    return _ungil_carry.culprit(function, args, kwargs)
