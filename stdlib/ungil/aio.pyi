from collections.abc import AsyncIterator
from typing import Any, TypeVar

from ungil import Event, Lock, Receiver, RLock, Semaphore, Sender, Task

__all__ = ["acquire", "iterate", "join", "ready", "recv", "result", "send", "wait"]

_T = TypeVar("_T")

async def ready(waitable: Any) -> None:
    """Waits until `ungil.select` would name it: a receiver, a sender, an event, a task."""

async def recv(receiver: Receiver[_T]) -> _T:
    """The next value of a channel. Raises ChannelClosed once it is closed and empty."""

def iterate(receiver: Receiver[_T]) -> AsyncIterator[_T]:
    """The values of a channel until it is closed: what `async for value in receiver` uses."""

async def send(sender: Sender[_T], value: _T) -> None:
    """Sends a value as soon as the channel has room."""

async def wait(event: Event) -> bool:
    """Waits until an event is set."""

async def acquire(lock: Lock | RLock | Semaphore) -> bool:
    """Acquires a lock or a semaphore."""

async def join(task: Task[Any]) -> None:
    """Waits until a task has ended. (`await task` waits and gives its result.)"""

async def result(task: Task[_T]) -> _T:
    """What a task returns, as a coroutine, for those that want one."""
