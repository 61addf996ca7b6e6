"""What takes the place of threads that look at an object of their starter at regular intervals."""

from __future__ import annotations

from collections.abc import Callable

import _ungil

import ungil


class Ticks:
    """Calls *tick* every so many *seconds*, on this interpreter, between two of its bytecodes; another one counts the time."""

    def __init__(self, seconds: float, tick: Callable[[], object]):
        self._tick = tick
        self._inbox = _ungil.Inbox(self._arrived)
        self._over = _ungil.Event()
        ungil.spawn(_tick_until, self._over, seconds, self._inbox.sender)

    def stop(self) -> None:
        """No tick comes after it."""
        self._over.set()
        self._inbox.close()

    def _arrived(self, _message: None) -> None:
        self._tick()


def _tick_until(over, seconds: float, ticks) -> None:
    try:
        while not over.wait(seconds):
            ticks.send(None)
    except _ungil.ChannelClosed:
        pass  # It was over between the two.
