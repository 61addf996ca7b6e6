"""Wraps functions and keeps their signatures."""
# packages: decorator==5.3.1

import inspect

from decorator import contextmanager, decorator


@decorator
def doubled(function, times=2, *args, **kwargs):
    return function(*args, **kwargs) * times


@doubled(times=3)
def add(a, b=1, *, c: int = 0):
    return a + b + c


assert add(1, c=2) == 12 and str(inspect.signature(add)) == "(a, b=1, *, c: int = 0)"
