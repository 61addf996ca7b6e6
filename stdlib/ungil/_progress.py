"""A bar that shows how far long work is, on a terminal; elsewhere nothing is shown."""

from __future__ import annotations

import shutil
import sys
import time

# Seconds between two drawings.
_EVERY = 0.1


class Progress:
    """A bar on stderr. Without a *total* it shows how many items are done, and how many in a second."""

    def __init__(self, total: int | None):
        self._total = total
        self._done = 0
        self._begun = time.monotonic()
        self._drawn = 0.0
        try:
            self._shown = sys.stderr.isatty()
        except (AttributeError, ValueError):
            self._shown = False

    def advance(self, count: int) -> None:
        """So many more are done."""
        self._done += count
        now = time.monotonic()
        if self._shown and now - self._drawn >= _EVERY:
            self._drawn = now
            self._draw()

    def close(self) -> None:
        """Draws the last state and ends the line."""
        if self._shown:
            self._draw()
            sys.stderr.write("\n")
            sys.stderr.flush()

    def _draw(self) -> None:
        seconds = time.monotonic() - self._begun
        rate = self._done / seconds if seconds else 0.0
        text = f" {self._done}" if self._total is None else f" {self._done}/{self._total}"
        text += f" {rate:,.0f}/s"
        if self._total and rate:
            text += f" {max(self._total - self._done, 0) / rate:.0f} s left"
        line = text.strip()
        if self._total:
            room = max(shutil.get_terminal_size().columns - len(text) - 3, 0)
            filled = room * min(self._done, self._total) // self._total
            line = f"[{'#' * filled}{' ' * (room - filled)}]{text}"
        sys.stderr.write(f"\r\x1b[2K{line}")
        sys.stderr.flush()
