"""What runs in an interpreter for those who gave it something to do."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Any

import _ungil

# True and the result; or False and the description of an exception; or False and why the result cannot be passed.
type Told = tuple[bool, Any]


def run(code: Any) -> Told:
    """Runs it in __main__."""
    return _told(lambda: _run(code))


def _run(code: Any) -> None:
    if callable(code):
        code()
        return
    if isinstance(code, str):
        code = compile(code, "<script>", "exec")
    exec(code, sys.modules["__main__"].__dict__)


def call(function: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> Told:
    """Calls it."""
    return _told(lambda: function(*args, **kwargs))


def bind(names: dict[str, Any]) -> Told:
    """Puts the values into __main__."""
    sys.modules["__main__"].__dict__.update(names)
    return True, None


def _told(action: Callable[[], Any]) -> Told:
    try:
        result = action()
    except _ungil.Cancelled:
        raise
    except BaseException as error:
        return False, _describe(error)
    try:
        _ungil.pack(result)
    except _ungil.NotShareableError as error:
        return False, str(error)
    return True, result


def _describe(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    frames = error.__traceback__
    here = _told.__code__.co_filename
    while frames is not None and frames.tb_frame.f_code.co_filename == here:
        frames = frames.tb_next
    lines = traceback.format_exception(kind, error, frames)
    return {
        "type": {"__name__": kind.__name__, "__qualname__": kind.__qualname__, "__module__": kind.__module__},
        "msg": str(error),
        "formatted": "".join(traceback.format_exception_only(kind, error)).strip(),
        "errdisplay": "".join(lines).rstrip("\n"),
    }
