"""Calls that run elsewhere, and futures for what becomes of them.

    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor() as executor:
        print(list(executor.map(pow, range(10), range(10))))

Workers of all three executors are isolated interpreters on threads of this process, so all of them run in parallel, no
main guard is needed, and functions of the main script, lambdas and closures can be submitted. What is submitted and what
is returned is copied. The executors differ in this:

ProcessPoolExecutor      a worker has a process id of its own and can be terminated
InterpreterPoolExecutor  a worker has this process's id
ThreadPoolExecutor       as that; but a call that carries mutable state, so that a copy would give other results, runs in
                         submit() itself, with a RuntimeWarning that names the state
"""

from concurrent.futures._base import (
    ALL_COMPLETED,
    FIRST_COMPLETED,
    FIRST_EXCEPTION,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    InvalidStateError,
    TimeoutError,
    as_completed,
    wait,
)

__all__ = [
    "ALL_COMPLETED",
    "FIRST_COMPLETED",
    "FIRST_EXCEPTION",
    "BrokenExecutor",
    "CancelledError",
    "Executor",
    "Future",
    "InterpreterPoolExecutor",
    "InvalidStateError",
    "ProcessPoolExecutor",
    "ThreadPoolExecutor",
    "TimeoutError",
    "as_completed",
    "wait",
]


def __dir__():
    return sorted([*__all__, "__doc__"])


def __getattr__(name):
    # Each is imported when it is asked for first.
    if name == "ProcessPoolExecutor":
        from concurrent.futures.process import ProcessPoolExecutor as executor
    elif name == "InterpreterPoolExecutor":
        from concurrent.futures.interpreter import InterpreterPoolExecutor as executor
    elif name == "ThreadPoolExecutor":
        from concurrent.futures.thread import ThreadPoolExecutor as executor
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = executor
    return executor
