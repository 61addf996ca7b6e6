"""What goes wrong with interpreters."""

from __future__ import annotations

import types


class InterpreterError(Exception):
    """An interpreter could not do what it was asked to."""


class InterpreterNotFoundError(InterpreterError):
    """There is no such interpreter, or it was closed."""


class ExecutionFailed(InterpreterError):
    """Code in another interpreter raised an exception that it did not catch.

    *excinfo* describes it: type (with __name__, __qualname__ and __module__), msg, formatted (as the last line of a
    traceback) and errdisplay (the traceback).
    """

    def __init__(self, excinfo: types.SimpleNamespace):
        super().__init__(excinfo.formatted or excinfo.msg or excinfo.type.__name__)
        self.excinfo = excinfo

    def __str__(self):
        text = super().__str__()
        display = getattr(self.excinfo, "errdisplay", None)
        return f"{text}\n\nUncaught in the interpreter:\n\n{display}".strip() if display else text
