"""Logging, and what is done when an interpreter ends."""

from __future__ import annotations

import atexit
import itertools
import os
import sys
import weakref

from . import process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import Logger
    from typing import Any

__all__ = [
    "Finalize",
    "ForkAwareLocal",
    "ForkAwareThreadLock",
    "SUBDEBUG",
    "SUBWARNING",
    "debug",
    "get_logger",
    "get_temp_dir",
    "info",
    "is_exiting",
    "log_to_stderr",
    "register_after_fork",
    "sub_debug",
    "sub_warning",
]

NOTSET = 0
SUBDEBUG = 5
DEBUG = 10
INFO = 20
SUBWARNING = 25
WARNING = 30

LOGGER_NAME = "multiprocessing"
DEFAULT_LOGGING_FORMAT = "[%(levelname)s/%(processName)s] %(message)s"

_logger: Logger | None = None
_exiting = False


def sub_debug(message: str, *args: object) -> None:
    """Logs below debug, once there is a logger."""
    _log(SUBDEBUG, message, args)


def debug(message: str, *args: object) -> None:
    """Logs for who searches a fault, once there is a logger."""
    _log(DEBUG, message, args)


def info(message: str, *args: object) -> None:
    """Logs what happens, once there is a logger."""
    _log(INFO, message, args)


def sub_warning(message: str, *args: object) -> None:
    """Logs below warning, once there is a logger."""
    _log(SUBWARNING, message, args)


def _log(level: int, message: str, args: tuple[object, ...]) -> None:
    if _logger is not None:
        _logger.log(level, message, *args)


def get_logger() -> Logger:
    """The package's logger, which passes nothing on to the root logger."""
    global _logger
    if _logger is None:
        import logging

        _logger = logging.getLogger(LOGGER_NAME)
        _logger.propagate = False
    return _logger


def log_to_stderr(level: int | str | None = None) -> Logger:
    """Makes the package's logger print to stderr."""
    import logging

    logger = get_logger()
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(DEFAULT_LOGGING_FORMAT))
    logger.addHandler(handler)
    if level:
        logger.setLevel(level)
    return logger


def is_exiting() -> bool:
    """Whether this interpreter is ending."""
    return _exiting


def register_after_fork(obj: object, callback: Callable[[Any], object]) -> None:
    """Does nothing: no interpreter is a copy of another."""


def get_temp_dir() -> str:
    """A folder for temporary files of this interpreter, which is removed when it ends."""
    global _temp_dir
    if _temp_dir is None:
        import shutil
        import tempfile

        _temp_dir = tempfile.mkdtemp(prefix="pymp-")
        Finalize(None, shutil.rmtree, (_temp_dir,), {"ignore_errors": True}, exitpriority=-100)
    return _temp_dir


_temp_dir: str | None = None


class Finalize:
    """Calls *callback* once: when *obj* is gone, when called, or when the interpreter ends if it has an *exitpriority*.

    Finalizers of higher priority run first, and those of one priority in reverse order.
    """

    _pending: dict[tuple[int | None, int], Finalize] = {}
    _numbers = itertools.count()

    def __init__(
        self,
        obj: object | None,
        callback: Callable[..., object],
        args: tuple[object, ...] = (),
        kwargs: dict[str, object] | None = None,
        exitpriority: int | None = None,
    ) -> None:
        if exitpriority is not None and not isinstance(exitpriority, int):
            raise TypeError(f"Exitpriority ({exitpriority!r}) must be None or int, not {type(exitpriority)}")
        if obj is None and exitpriority is None:
            raise ValueError("Without object, exitpriority cannot be None")
        self._watched = None if obj is None else weakref.ref(obj, self)
        self._callback = callback
        self._args = args
        self._kwargs = kwargs or {}
        self._key = (exitpriority, next(self._numbers))
        self._pending[self._key] = self

    def __call__(self, watched: object = None) -> object:
        """Calls the callback if that was not done before."""
        if self._pending.pop(self._key, None) is None:
            sub_debug("finalizer no longer registered")
            return None
        callback, args, kwargs = self._callback, self._args, self._kwargs
        self._forget()
        return callback(*args, **kwargs)

    def cancel(self) -> None:
        """Makes it never call the callback."""
        if self._pending.pop(self._key, None) is not None:
            self._forget()

    def still_active(self) -> bool:
        """Whether the callback may still be called."""
        return self._key in self._pending

    def _forget(self) -> None:
        self._watched = self._callback = self._args = self._kwargs = None

    def __repr__(self) -> str:
        if not self.still_active():
            return f"<{type(self).__name__} object, dead>"
        words = [f"callback={getattr(self._callback, '__name__', self._callback)}"]
        if self._args:
            words.append(f"args={self._args}")
        if self._kwargs:
            words.append(f"kwargs={self._kwargs}")
        if self._key[0] is not None:
            words.append(f"exitpriority={self._key[0]}")
        return f"<{type(self).__name__} object, {', '.join(words)}>"


def _run_finalizers(minpriority: int | None = None) -> None:
    """Runs those that have a priority, of at least that much, the highest first; without one, forgets all others."""
    while True:
        keys = [key for key in Finalize._pending if key[0] is not None and (minpriority is None or key[0] >= minpriority)]
        if not keys:
            break
        finalizer = Finalize._pending[max(keys)]
        try:
            finalizer()
        except Exception:
            sys.excepthook(*sys.exc_info())
    if minpriority is None:
        Finalize._pending.clear()


@atexit.register
def _exit_function() -> None:
    """Ends daemons, waits for the other children, and runs the finalizers around it."""
    global _exiting
    if _exiting:
        return
    _exiting = True
    info("process shutting down")
    _run_finalizers(0)
    children = process.active_children()
    for child in children:
        if child.daemon:
            info("calling terminate() for daemon %s", child.name)
            child.terminate()
    for child in children:
        info("calling join() for process %s", child.name)
        child.join()
    _run_finalizers()


class ForkAwareThreadLock:
    """A lock between threads of one interpreter; there is no fork to be aware of."""

    def __init__(self) -> None:
        import threading

        self._lock = threading.Lock()
        self.acquire = self._lock.acquire
        self.release = self._lock.release

    def __enter__(self) -> bool:
        return self._lock.__enter__()

    def __exit__(self, *exc_info: object) -> None:
        self._lock.__exit__(*exc_info)


def __getattr__(name: str) -> object:
    if name == "ForkAwareLocal":
        import threading

        return threading.local
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
