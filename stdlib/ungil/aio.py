"""Awaiting what is shared between interpreters, in an asyncio event loop.

    async def main(orders, done):
        async for order in orders:               # a Receiver, until its channel is closed
            print(order)
        await ungil.aio.wait(done)               # an Event

Nothing is taken from a channel before the coroutine that awaits it goes on, so an await that is cancelled or times out
(`asyncio.timeout`) loses no value. No thread is used, and the loop runs other tasks meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import _ungil

__all__ = ["acquire", "iterate", "join", "ready", "recv", "result", "send", "wait"]


async def ready(waitable: Any) -> None:
    """Waits until `ungil.select` would name *waitable*: a receiver, a sender, an event, a task."""
    loop = asyncio.get_running_loop()
    arrived = loop.create_future()

    def wake() -> None:
        # In a delivery, perhaps while the loop waits for descriptors: this wakes it.
        if not loop.is_closed():
            loop.call_soon_threadsafe(_arrive, arrived)

    watch = _ungil.when_ready(waitable, wake)
    try:
        await arrived
    finally:
        watch.cancel()


def _arrive(future: asyncio.Future) -> None:
    if not future.done():
        future.set_result(None)


async def recv(receiver: _ungil.Receiver) -> Any:
    """The next value of a channel. Raises ChannelClosed once it is closed and empty."""
    while True:
        try:
            return receiver.try_recv()
        except _ungil.ChannelEmpty:
            await ready(receiver)


async def iterate(receiver: _ungil.Receiver) -> AsyncIterator[Any]:
    """The values of a channel until it is closed: what `async for value in receiver` uses."""
    while True:
        try:
            value = await recv(receiver)
        except _ungil.ChannelClosed:
            return
        yield value


async def send(sender: _ungil.Sender, value: Any) -> None:
    """Sends a value as soon as the channel has room."""
    while True:
        try:
            return sender.try_send(value)
        except _ungil.ChannelFull:
            await ready(sender)


async def wait(event: _ungil.Event) -> bool:
    """Waits until an event is set."""
    while not event.is_set():
        await ready(event)
    return True


async def acquire(lock: Any) -> bool:
    """Acquires a lock or a semaphore."""
    while not lock.acquire(blocking=False):
        await ready(lock)
    return True


async def join(task: Any) -> None:
    """Waits until a task, a process or a thread has ended. (`await task` waits and gives its result.)"""
    await ready(getattr(task, "_child", task))


async def result(task: Any) -> Any:
    """What a task returns, as a coroutine, for those that want one: `asyncio.gather(*map(ungil.aio.result, tasks))`."""
    return await task
