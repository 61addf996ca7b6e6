"""Processes that are isolated interpreters, each on a thread of its own, with CPython's interface.

    from multiprocessing import Pool

    with Pool() as pool:
        print(pool.map(lambda n: n * n, range(10)))

A worker gets its function and arguments by value: lambdas, closures and functions of the main script cross as they
are, so that no main guard is needed, and the main script is never run a second time. Locks, queues, pipes and shared
memory cross by reference wherever they are sent, by argument or through another queue.

The start methods 'fork', 'spawn' and 'forkserver' all mean the same here.
"""

import sys

from . import context

__all__ = [name for name in dir(context._default_context) if not name.startswith("_")]
globals().update((name, getattr(context._default_context, name)) for name in __all__ if name != "reducer")

# CPython's names for logging's levels of this package.
SUBDEBUG = 5
SUBWARNING = 25


def __getattr__(name):
    # Looked up late, as hardly any program needs the module behind it.
    if name == "reducer":
        return context._default_context.reducer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


if "__main__" in sys.modules:
    # What asks for the main module under the name that CPython's workers give it finds it.
    sys.modules.setdefault("__mp_main__", sys.modules["__main__"])
