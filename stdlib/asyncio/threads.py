"""Calls in other interpreters, awaited in an event loop.

Besides to_thread() this module holds what the loop does differently here: the outcome of an executor's call arrives as a
delivery on the loop's own thread, possibly while the loop waits for descriptors, so it is always handed over by
call_soon_threadsafe(), which wakes the loop; and the default executor is shut down without a thread that waits for it.
"""

import concurrent.futures
import contextvars
import importlib
import sys
import warnings

import _ungil
import _ungil_carry

from . import base_events, events, futures, timeouts

__all__ = ("to_thread", "wrap_future")


async def to_thread(func, /, *args, **kwargs):
    """Calls func(*args, **kwargs) through the loop's default executor and returns what it returns.

    The call goes to an isolated interpreter, or runs here if it carries mutable state, as ThreadPoolExecutor says. Context
    variables that are globals of a module have their present values there, or copies of them.
    """
    loop = events.get_running_loop()
    places, values = _context()
    if not places and not kwargs:
        return await loop.run_in_executor(None, func, *args)
    return await loop.run_in_executor(None, _call_in_context, places, func, args, tuple(kwargs.items()), *values)


def _context():
    """Where each variable of the context that can be found again is to be found, and what to set it to."""
    places, values = [], []
    for variable, value in contextvars.copy_context().items():
        if variable not in _places:
            _places[variable] = _place(variable)
        if _places[variable] is not None:
            places.append(_places[variable])
            values.append(value if _ungil.is_atomic(value) else _copied_if_possible(value))
    return tuple(places), values


_places = {}


def _place(variable):
    for module in list(sys.modules.values()):
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if value is variable:
                return module.__name__, name
    return None


def _copied_if_possible(value):
    try:
        _ungil.pack(value)
    except Exception:
        return value  # It keeps the call here.
    return _ungil_carry.copied(value)


def _call_in_context(places, func, args, named, *values):
    return contextvars.copy_context().run(_with_values, places, func, args, named, values)


def _with_values(places, func, args, named, values):
    for (module, name), value in zip(places, values):
        # A function of the main script brings along the variables that it refers to, and no others.
        variable = getattr(importlib.import_module(module), name, None)
        if variable is not None:
            variable.set(value)
    return func(*args, **dict(named))


def wrap_future(future, *, loop=None):
    """An asyncio.Future for a concurrent.futures.Future."""
    if futures.isfuture(future):
        return future
    if not isinstance(future, concurrent.futures.Future):
        raise TypeError(f"concurrent.futures.Future is expected, got {future!r}")
    loop = events.get_event_loop() if loop is None else loop
    wrapper = loop.create_future()

    def arrived(source):
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, source)

    def settle(source):
        if not wrapper.done():
            futures._copy_future_state(source, wrapper)

    def cancel(wrapper):
        if wrapper.cancelled():
            future.cancel()

    wrapper.add_done_callback(cancel)
    future.add_done_callback(arrived)
    return wrapper


async def _shutdown_default_executor(self, timeout=None):
    """Shuts the default executor down, waiting for its workers for at most *timeout* seconds."""
    import ungil.aio

    self._executor_shutdown_called = True
    executor = self._default_executor
    if executor is None:
        return
    executor.shutdown(wait=False)
    try:
        async with timeouts.timeout(timeout):
            while executor._threads:
                await ungil.aio.join(executor._threads.pop())
    except TimeoutError:
        warnings.warn(
            f"the workers of the default executor did not end within {timeout} seconds", RuntimeWarning, stacklevel=2
        )


futures.wrap_future = wrap_future
base_events.BaseEventLoop.shutdown_default_executor = _shutdown_default_executor
