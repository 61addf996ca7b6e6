"""Functions that run in interpreters of their own."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable, Generator
from typing import Any

import _ungil
from _ungil_errors import open_error, pack_error


class TaskEnded(RuntimeError):
    """A task ended without returning or raising."""


class TaskCancelled(TaskEnded):
    """The task was cancelled."""


class TaskExited(TaskEnded):
    """The task ended itself with sys.exit() or os._exit(); *code* says how."""

    def __init__(self, message: str, code: Any = None):
        super().__init__(message, code)
        self.code = code

    def __str__(self):
        return self.args[0]


class TaskLost(TaskEnded):
    """The interpreter of the task does not answer any more."""


class Task:
    """A function that runs in an interpreter of its own, in parallel. `spawn` makes these.

    A task can be sent to other interpreters; it stays the same task, and each can wait for it.
    """

    __slots__ = ("__weakref__", "_child", "_opened")
    # For what looks at what a function carries: a task is no state of its own.
    __ungil_shared__ = True

    def __init__(self, child: Any):
        self._child = child
        self._opened: tuple[bool, Any] | None = None

    @property
    def name(self) -> str:
        """Its name, which the interpreter has too."""
        return self._child.name

    @property
    def ident(self) -> int:
        """The number of its interpreter."""
        return self._child.ident

    def done(self) -> bool:
        """True once it has ended, in whatever way."""
        return not self._child.is_alive()

    def cancelled(self) -> bool:
        """True if it ended because it was cancelled."""
        return self._child.outcome()[0] == "stopped"

    def cancel(self) -> bool:
        """Stops it wherever it is: it sees `ungil.Cancelled`. False if it has ended already."""
        if self.done():
            return False
        self._child.terminate()
        return True

    def join(self, timeout: float | None = None) -> bool:
        """Waits until it has ended; False if it has not in *timeout* seconds."""
        return self._child.join(timeout)

    def result(self, timeout: float | None = None) -> Any:
        """What the function returned, waiting for it for at most *timeout* seconds.

        Raises what the function raised, with the traceback from there as its cause; TimeoutError; TaskCancelled,
        TaskExited or TaskLost if it ended otherwise.
        """
        good, value = self._outcome(timeout)
        if good:
            return value
        try:
            raise value
        finally:
            # The traceback of the exception holds this frame.
            self = value = None

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """What the function raised, or None if it returned. Waits as result() does."""
        good, value = self._outcome(timeout)
        return None if good else value

    def add_done_callback(self, function: Callable[[Task], object]) -> None:
        """Has function(task) called when the task has ended, at a safe point of what this interpreter is doing."""
        _ungil.when_ready(self._child, lambda: function(self))

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._awaited().__await__()

    def __reduce__(self):
        return Task, (self._child,)

    def __eq__(self, other: object) -> bool:
        return self._child == other._child if isinstance(other, Task) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._child)

    def __repr__(self) -> str:
        return f"<ungil.Task {self.name!r} {'ended' if self.done() else 'running'}>"

    async def _awaited(self) -> Any:
        from ungil import aio

        await aio.join(self)
        return self.result()

    def _outcome(self, timeout: float | None) -> tuple[bool, Any]:
        if self._opened is None:
            if not self._child.join(timeout):
                raise TimeoutError(f"task {self.name!r} has not ended within {timeout} seconds")
            self._opened = _open(self.name, *self._child.outcome())
        return self._opened


def _open(name: str, how: str, detail: Any) -> tuple[bool, Any]:
    if how == "returned":
        good, value = detail.open()
        return good, value if good else open_error(value)
    if how == "raised":
        return False, detail.open()
    if how == "stopped":
        return False, TaskCancelled(f"task {name!r} was cancelled")
    if how == "exited":
        return False, TaskExited(f"task {name!r} ended itself with status {detail}", detail)
    return False, TaskLost(f"task {name!r} was lost: {detail}")


def _run(function: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> tuple[bool, Any]:
    try:
        return True, function(*args, **kwargs)
    except Exception as error:
        return False, pack_error(error)


_running: set[Any] = set()


def spawn(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Task:
    """Calls function(*args, **kwargs) in a new interpreter, at once and in parallel, and returns a `Task`.

    What is passed is copied, except for what is made to be shared: ends of channels, locks, events, counters, buffers,
    tasks. A script does not end before what it spawned has ended.
    """
    name = getattr(function, "__name__", type(function).__name__)
    child = _ungil.start(_run, (function, args, kwargs), name=name, kind="task")
    _running.add(child)
    _ungil.when_ready(child, lambda: _running.discard(child))
    return Task(child)


@atexit.register
def _join_all() -> None:
    if not _running:
        return
    # What others left to be done needs channels.
    for module, function in (("_ungil_crew", "_end_all"), ("multiprocessing.util", "_exit_function")):
        if module in sys.modules:
            getattr(sys.modules[module], function)()
    # Tasks that loop over a receiver end when nobody can send any more.
    _ungil.release_ends()
    # A list, because the news of a task's end takes it out at any time.
    while children := list(_running):
        for child in children:
            child.join()
            _running.discard(child)
