"""Interpreters of one process (PEP 734): made, run and closed one by one.

    from concurrent import interpreters

    worker = interpreters.create()
    worker.prepare_main(limit=10)
    worker.exec("print(sum(range(limit)))")
    print(worker.call(pow, 2, 10))

Each interpreter is isolated and runs on a thread of its own, in parallel with all others; while this one waits for exec()
or call(), it is idle. What is passed is copied. More can be passed than elsewhere: functions of the main script, lambdas
and closures, lists, dicts, instances.
"""

from __future__ import annotations

import sys
import types
import weakref
from collections.abc import Callable
from typing import Any

import _ungil
from _ungil import NotShareableError

from ._errors import ExecutionFailed, InterpreterError, InterpreterNotFoundError
from ._queues import Queue, QueueEmpty, QueueFull
from ._queues import create as create_queue
from ._there import bind, call, run

__all__ = [
    "ExecutionFailed",
    "Interpreter",
    "InterpreterError",
    "InterpreterNotFoundError",
    "NotShareableError",
    "Queue",
    "QueueEmpty",
    "QueueFull",
    "create",
    "create_queue",
    "get_current",
    "get_main",
    "is_shareable",
    "list_all",
]


def create() -> Interpreter:
    """Makes an interpreter, which is idle."""
    isolate = _ungil.isolate()
    isolate.check()
    return Interpreter._of(isolate.ident, isolate)


def list_all() -> list[Interpreter]:
    """All interpreters that there are: the main one, this one, and those that create() made and nobody closed."""
    found = {_root(): None, _ungil.whoami()[0]: None}
    found.update((isolate.ident, isolate) for isolate in _ungil.isolates())
    return [Interpreter._of(ident, isolate) for ident, isolate in sorted(found.items(), key=lambda item: item[0])]


def get_current() -> Interpreter:
    """The interpreter that runs this code."""
    return Interpreter(_ungil.whoami()[0])


def get_main() -> Interpreter:
    """The interpreter that runs the main script."""
    return Interpreter(_root())


def is_shareable(obj: object, /) -> bool:
    """True if the object can be passed to another interpreter, which gets a copy or, of a handle, the same."""
    if _ungil.is_atomic(obj):
        return True
    try:
        _ungil.pack(obj)
    except Exception:
        return False
    return True


def _root() -> int:
    return _ungil.whoami()[6]


def _find(ident: int) -> Any:
    for isolate in _ungil.isolates():
        if isolate.ident == ident:
            return isolate
    return None


_known: weakref.WeakValueDictionary[int, Interpreter] = weakref.WeakValueDictionary()


class Interpreter:
    """An interpreter: Interpreter(id) is the one of that number, always the same object."""

    # For what looks at what a function carries: it is the same everywhere.
    __ungil_shared__ = True

    _id: int
    _isolate: Any

    def __new__(cls, id: int, /):
        if not isinstance(id, int):
            raise TypeError(f"id must be an int, got {id!r}")
        return cls._of(int(id), _find(id))

    @classmethod
    def _of(cls, ident: int, isolate: Any) -> Interpreter:
        self = _known.get(ident)
        if self is None:
            if isolate is None and ident not in (_root(), _ungil.whoami()[0]):
                raise InterpreterNotFoundError(f"unrecognized interpreter ID {ident}")
            self = object.__new__(cls)
            self._id = ident
            self._isolate = isolate
            _known[ident] = self
        return self

    @property
    def id(self) -> int:
        """Its number, which no other interpreter of the process has or will have."""
        return self._id

    @property
    def whence(self) -> str:
        """Where it comes from: "runtime init" is the main one, "_interpreters module" one that create() made."""
        if self._isolate is not None:
            return "_interpreters module"
        return "runtime init" if self._id == _root() else "unknown"

    def is_running(self) -> bool:
        """True while it runs its main script, or something that exec() or call() gave it."""
        return True if self._isolate is None else self._open().is_running()

    def close(self) -> None:
        """Ends the interpreter. InterpreterError if it runs, or is not one that create() made."""
        self._idle("close").close()

    def prepare_main(self, ns: dict[str, Any] | None = None, /, **kwargs: Any) -> None:
        """Binds copies of the values to the names in its __main__."""
        isolate = self._idle("prepare")
        _outcome(isolate.call(bind, ({**(ns or {}), **kwargs},)))

    def exec(self, code: str | types.CodeType, /) -> None:
        """Runs source text in its __main__, and waits until it is done.

        Raises ExecutionFailed with a description of the exception that the code raises.
        """
        if not isinstance(code, str | types.CodeType | types.FunctionType):
            raise TypeError(f"exec() argument must be a string, a code object or a function, not {type(code).__name__}")
        _outcome(self._idle("run").call(run, (code,)))

    def call(self, callable: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Calls callable(*args, **kwargs) there, waits until it is done, and returns a copy of what it returns.

        Raises ExecutionFailed with a description of the exception that it raises.
        """
        return _outcome(self._idle("run").call(call, (callable, args, kwargs)))

    def call_in_thread(self, callable: Callable[..., Any], /, *args: Any, **kwargs: Any) -> CallThread:
        """Calls callable(*args, **kwargs) there without waiting. Its result is dropped, an exception is printed.

        What is returned can be joined like a thread.
        """
        return CallThread(self._idle("run").call(call, (callable, args, kwargs)))

    def _open(self) -> Any:
        """Its native side, if it was made by create() and is not closed."""
        if self._isolate is None:
            raise InterpreterError(f"interpreter {self._id} was not made by create(), so it only does what it does")
        if not self._isolate.is_alive():
            raise InterpreterNotFoundError(f"unrecognized interpreter ID {self._id}")
        return self._isolate

    def _idle(self, what: str) -> Any:
        isolate = self._open()
        if isolate.is_current():
            raise InterpreterError(f"cannot {what} the current interpreter from itself")
        if isolate.is_running():
            raise InterpreterError(f"cannot {what} interpreter {self._id}: it is running")
        return isolate

    def __repr__(self):
        return f"{type(self).__name__}({self._id})"

    def __hash__(self):
        return hash(self._id)

    def __reduce__(self):
        return _received, (self._id, self._isolate)


def _received(ident: int, isolate: Any) -> Interpreter:
    if isolate is None:
        isolate = _find(ident)
    self = _known.get(ident)
    if self is None:
        # It is one that neither side made, such as a worker that sent itself.
        self = object.__new__(Interpreter)
        self._id, self._isolate = ident, isolate
        _known[ident] = self
    return self


def _outcome(job: Any) -> Any:
    """What became of something that an interpreter was given to do."""
    job.join()
    how, detail = job.outcome()
    if how == "returned":
        good, value = detail.open()
        if good:
            return value
        if isinstance(value, str):
            raise NotShareableError(value)
        raise ExecutionFailed(types.SimpleNamespace(**{**value, "type": types.SimpleNamespace(**value["type"])}))
    if how == "raised":
        raise InterpreterError("the interpreter could not take it up") from detail.open()
    raise InterpreterError(f"the interpreter ended: {how} ({detail})")


class CallThread:
    """A call in another interpreter that nobody waits for yet."""

    _count = 0

    def __init__(self, job: Any):
        CallThread._count += 1
        self.name = f"Interpreter-call-{CallThread._count}"
        self.daemon = False
        self._job = job
        _running.add(self)
        _ungil.when_ready(job, self._ended)

    @property
    def ident(self) -> int:
        """The number of the interpreter."""
        return self._job.ident

    def is_alive(self) -> bool:
        """True until the call has ended."""
        return self._job.is_alive()

    def join(self, timeout: float | None = None) -> None:
        """Waits until the call has ended, for at most *timeout* seconds."""
        if self._job.join(timeout):
            self._ended()

    def _ended(self) -> None:
        try:
            _running.remove(self)
        except KeyError:
            return  # join() and the news of its end both come here.
        try:
            _outcome(self._job)
        except Exception as error:
            print(f"Exception in thread {self.name}:\n{type(error).__name__}: {error}", file=sys.stderr)

    def __repr__(self):
        return f"<{type(self).__name__} {self.name} {'started' if self.is_alive() else 'stopped'}>"


# Those whose end has not been noticed.
_running: set[CallThread] = set()
