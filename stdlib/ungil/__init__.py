"""Parallel Python in one process: tasks on isolated interpreters, and what they share.

    import ungil

    def total(lines):
        return sum(price * count for price, count in lines)

    task = ungil.spawn(total, [(3, 2), (5, 1)])     # runs at once, in parallel
    print(task.result())                            # 11

    with ungil.Pool() as pool:
        print(pool.map(lambda n: n * n, range(10)))

Each interpreter has memory of its own, so what is passed to one is copied: data of all kinds, functions, lambdas and
closures, classes and their instances. NotShareableError names the path to a part that cannot be passed, and then nothing
is. These are made to be shared, and stay the same on both sides:

channel, unbounded_channel      queues with two ends: `sender.send(x)`, `receiver.recv()`, `for x in receiver`
Lock, RLock, Semaphore, Event, Condition, Barrier       as `threading` has them
Counter         a number that several interpreters change at once
SharedBuffer    memory that several interpreters see at once
Task            what `spawn` returns
Parcel          a packed object, from `pack`: each `open()` gives a new copy

    sender, receiver = ungil.channel(16)
    ungil.spawn(lambda: [sender.send(n) for n in range(3)])
    print([receiver.recv() for _ in range(3)])

Every wait takes a timeout, and ends at once when the script is cancelled or gets a signal. `select` waits for several
things; in an asyncio event loop tasks can be awaited, and `ungil.aio` awaits the rest.
"""

from typing import Any, NamedTuple

from _ungil import (
    Barrier,
    Cancelled,
    ChannelClosed,
    ChannelEmpty,
    ChannelFull,
    Condition,
    ConversionError,
    Counter,
    DeadlineExceeded,
    Event,
    HostError,
    HostPanic,
    LimitExceeded,
    Lock,
    NotShareableError,
    Parcel,
    Receiver,
    RLock,
    Semaphore,
    Sender,
    SharedBuffer,
    channel,
    pack,
    select,
    unbounded_channel,
    whoami,
)
from _ungil_carry import SharedStateError, copied

from ungil._task import Task, TaskCancelled, TaskEnded, TaskExited, TaskLost, spawn

__all__ = [
    "Barrier",
    "Cancelled",
    "ChannelClosed",
    "ChannelEmpty",
    "ChannelFull",
    "Condition",
    "ConversionError",
    "Counter",
    "Current",
    "DeadlineExceeded",
    "Event",
    "HostError",
    "HostPanic",
    "LimitExceeded",
    "Lock",
    "NotShareableError",
    "Parcel",
    "Pool",
    "PoolBroken",
    "PoolFuture",
    "RLock",
    "Receiver",
    "Semaphore",
    "Sender",
    "SharedBuffer",
    "SharedStateError",
    "Task",
    "TaskCancelled",
    "TaskEnded",
    "TaskExited",
    "TaskLost",
    "aio",
    "channel",
    "copied",
    "current",
    "pack",
    "select",
    "spawn",
    "unbounded_channel",
]


class Current(NamedTuple):
    """What an interpreter knows of itself."""

    ident: int
    """Its number, which no other interpreter of the process has or will have."""
    name: str
    """Its name; that of a task is its function's."""
    kind: str
    """How it came to be: "root" (for the command or the host program), "process", "thread", "task" or "isolate"."""
    pid: int
    """What os.getpid() gives; of a process that multiprocessing started, a number of its own."""
    parent_pid: int | None
    """Of a process that multiprocessing started, the pid of the one that started it; otherwise None."""
    task: Task | None
    """Itself, as the one that started it sees it."""


def current() -> Current:
    """The interpreter that runs this code."""
    ident, name, kind, pid, parent_pid, child, _root = whoami()
    return Current(ident, name, kind, pid, parent_pid, None if child is None else Task(child))


def __getattr__(name: str) -> Any:
    # These take longer to import than all the rest.
    if name in ("Pool", "PoolBroken", "PoolFuture"):
        from ungil import _pool

        globals().update(Pool=_pool.Pool, PoolBroken=_pool.PoolBroken, PoolFuture=_pool.PoolFuture)
        return globals()[name]
    if name == "aio":
        import importlib

        return importlib.import_module("ungil.aio")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
