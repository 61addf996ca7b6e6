"""Awaiting the futures of async host functions in an asyncio event loop.

The Rust side ends a call on another thread, where no Python object may be touched. It pushes the call's number to
the wake-up pipe of the loop that waits, and the loop, which watches the pipe, finds the waiter under that number.
"""

import asyncio
import itertools
import weakref

# Where a loop cannot watch a pipe (the proactor loop of Windows), it looks every so many seconds.
_LOOK_EVERY = 0.005

_waiters_of = weakref.WeakKeyDictionary()


class _Waiters:
    """The host futures that one event loop waits for."""

    def __init__(self, loop, wakeup):
        self._wakeup = wakeup
        self._waiting = {}
        self._numbers = itertools.count()
        self._watching = False
        try:
            if wakeup.fileno() is not None:
                loop.add_reader(wakeup.fileno(), self._wake)
                self._watching = True
        except NotImplementedError:
            pass

    def add(self, loop, future):
        number = next(self._numbers)
        waiter = self._waiting[number] = loop.create_future()
        future._notify(self._wakeup, number)
        if not self._watching and len(self._waiting) == 1:
            loop.call_later(_LOOK_EVERY, self._look, loop)
        return number, waiter

    def forget(self, number):
        self._waiting.pop(number, None)

    def _look(self, loop):
        self._wake()
        if self._waiting:
            loop.call_later(_LOOK_EVERY, self._look, loop)

    def _wake(self):
        for number in self._wakeup.drain():
            waiter = self._waiting.pop(number, None)
            if waiter is not None and not waiter.done():
                waiter.set_result(None)


def awaiting(future):
    """The iterator behind `await future`."""
    if not future.done():
        loop = asyncio.get_running_loop()
        waiters = _waiters_of.get(loop)
        if waiters is None:
            waiters = _waiters_of[loop] = _Waiters(loop, future._wakeup())
        number, waiter = waiters.add(loop, future)
        try:
            yield from waiter
        except BaseException:
            # The task was cancelled, or is being closed: nobody wants the result any more.
            future.cancel()
            raise
        finally:
            waiters.forget(number)
    if future.cancelled():
        raise asyncio.CancelledError(f"{future!r}")
    return future.wait()
