"""Live displays and progress bars of rich, which are drawn by threads that look at objects of their starter."""

from __future__ import annotations

from ungil.compat._ticks import Ticks


def adjust_live(module) -> None:
    """Has live displays drawn here, where what they show is."""
    module._RefreshThread = _Refresh


def adjust_progress(module) -> None:
    """Has the bars of track() moved on here."""
    module._TrackThread = _Track


class _Refresh:
    def __init__(self, live, refresh_per_second: float):
        self._live = live
        self._seconds = 1 / refresh_per_second
        self._ticks: Ticks | None = None

    def start(self) -> None:
        self._ticks = Ticks(self._seconds, self._live.refresh)

    def stop(self) -> None:
        if self._ticks is not None:
            self._ticks.stop()
            self._ticks = None

    def join(self, timeout: float | None = None) -> None:
        """A tick runs here, so none runs now."""


class _Track:
    def __init__(self, progress, task_id, update_period: float):
        self._progress = progress
        self._task_id = task_id
        self._seconds = update_period
        self.completed = 0
        self._shown = 0

    def __enter__(self) -> _Track:
        self._ticks = Ticks(self._seconds, self._show)
        return self

    def __exit__(self, *_error: object) -> None:
        self._ticks.stop()
        self._progress.update(self._task_id, completed=self.completed, refresh=True)

    def _show(self) -> None:
        done, self._shown = self.completed - self._shown, self.completed
        if done:
            self._progress.advance(self._task_id, done)
