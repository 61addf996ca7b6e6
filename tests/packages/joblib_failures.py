"""joblib: what tasks raise, tasks that take too long, workers that end."""

import multiprocessing
import os
import time
from concurrent.futures.process import BrokenProcessPool

from joblib import Parallel, delayed


class Unfit(ValueError):
    def __init__(self, number, reason):
        super().__init__(number, reason)
        self.number = number


def check(number):
    if number == 7:
        raise Unfit(number, "an odd one")
    return number


try:
    Parallel(n_jobs=2)(delayed(check)(n) for n in range(20))
except Unfit as error:
    assert error.number == 7 and type(error) is Unfit
    # The traceback from there, down to the line that raised.
    assert 'raise Unfit(number, "an odd one")' in str(error.__cause__), error.__cause__
else:
    raise AssertionError("it raised nothing")

# The next call has workers again.
assert Parallel(n_jobs=2)(delayed(abs)(n) for n in range(3)) == [0, 1, 2]

# A task that takes too long is stopped, and so is one that waits for nothing at all.
begun = time.monotonic()
for slow in (lambda: time.sleep(1000), lambda: [None for _ in iter(int, 1)]):
    try:
        Parallel(n_jobs=2, timeout=0.2)(delayed(slow)() for _ in range(2))
    except (TimeoutError, multiprocessing.TimeoutError):
        pass
    else:
        raise AssertionError("it came to an end")
assert time.monotonic() - begun < 500
assert Parallel(n_jobs=2, timeout=600)(delayed(abs)(n) for n in range(3)) == [0, 1, 2]

# A worker that ends itself breaks the call, not the program.
try:
    Parallel(n_jobs=2)(delayed(os._exit)(3) for _ in range(2))
except BrokenProcessPool:
    pass
else:
    raise AssertionError("nobody noticed")
assert Parallel(n_jobs=2)(delayed(abs)(n) for n in range(3)) == [0, 1, 2]


# A generator of tasks that raises.
def tasks():
    yield delayed(abs)(1)
    raise Unfit(0, "no more")


try:
    Parallel(n_jobs=2)(tasks())
except Unfit as error:
    assert error.number == 0
else:
    raise AssertionError("it raised nothing")
