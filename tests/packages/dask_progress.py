"""dask: the progress bar, which moves while tasks run."""

import io

import dask
from dask.diagnostics import ProgressBar

import ungil


class Screen(io.StringIO):
    """What the bar is drawn on; tells when it was drawn for the third time."""

    def __init__(self):
        super().__init__()
        self.drawn = ungil.Event()

    def write(self, text):
        written = super().write(text)
        if self.getvalue().count("Completed") >= 3:
            self.drawn.set()
        return written


for scheduler in (None, "threads"):
    screen = Screen()
    with ProgressBar(dt=0.01, out=screen) as bar:
        # The task is over when the bar was drawn while it ran.
        assert dask.delayed(lambda drawn: drawn.wait(100))(screen.drawn).compute(scheduler=scheduler), scheduler
    shown = screen.getvalue()
    assert shown.endswith("\n") and "100% Completed" in shown and "[####" in shown, shown
    assert bar.last_duration > 0

screen = Screen()
with ProgressBar(out=screen):
    assert dask.delayed(abs)(-1).compute(scheduler="processes") == 1
assert "100% Completed" in screen.getvalue()

screen = Screen()
with ProgressBar(minimum=1000, out=screen):
    dask.delayed(abs)(1).compute()
assert "Completed" not in screen.getvalue()

screen = Screen()
try:
    with ProgressBar(out=screen):
        dask.delayed(lambda: 1 / 0)().compute()
except ZeroDivisionError:
    pass
assert "100%" not in screen.getvalue()
