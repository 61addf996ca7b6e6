"""Threads as `_thread` has them: each is an interpreter of its own, which the native layer starts.

`threading` is built on this module, and the native `_thread` module calls it for what is easier said in Python.
"""

import sys

import _ungil
import _ungil_carry

_main_ident = None
"""The number of the main thread, if this interpreter is a thread of another one's program."""

_started = []


class Here:
    """Stands for the Child of the thread that this interpreter is."""

    def __init__(self, ident):
        self.ident = ident

    def is_alive(self):
        return True

    def outcome(self):
        return "running", None


def call(function, args, kwargs):
    return function(*args, **kwargs)


def ident():
    """The number of this thread."""
    import _thread

    return _thread.get_ident()


def main_thread_ident():
    return ident() if _main_ident is None else _main_ident


def become_thread_of(main_ident):
    """Called in a new thread, before it runs anything."""
    global _main_ident
    _main_ident = main_ident


def is_main_interpreter():
    # As in CPython, where threads run in the interpreter that started them.
    return True


def count():
    _started[:] = [child for child in _started if child.is_alive()]
    return len(_started)


def start(function, args, name):
    """Starts function(*args), which is importable, on an interpreter of its own, and returns its Child."""
    child = _ungil.start(function, args, name=name, kind="thread")
    if len(_started) >= 256:
        count()
    _started.append(child)
    return child


def shutdown():
    """Waits for threads that were started with `start_joinable_thread(daemon=False)`."""
    for handle in list(_waited_for):
        handle.join()


_waited_for = []


class ThreadHandle:
    """What `start_joinable_thread` returns: joins the thread, and knows whether it is over."""

    def __init__(self):
        self._child = None
        self._ident = 0
        self._done = False

    @property
    def ident(self):
        return self._ident

    def is_done(self):
        return self._done or (self._child is not None and not self._child.is_alive())

    def _set_done(self):
        self._done = True

    def join(self, timeout=None):
        if self._done:
            return
        if self._child is None:
            raise RuntimeError("thread not started")
        if self._ident == ident():
            raise RuntimeError("Cannot join current thread")
        if timeout is not None and timeout < 0:
            timeout = None
        if self._child.join(timeout):
            self._done = True
            if self in _waited_for:
                _waited_for.remove(self)

    def __repr__(self):
        return f"<_ThreadHandle object: ident={self._ident}>"


def make_thread_handle(thread_ident):
    handle = ThreadHandle()
    handle._ident = thread_ident
    return handle


def start_joinable_thread(function, handle=None, daemon=True):
    if not callable(function):
        raise TypeError("thread function must be callable")
    if handle is None:
        handle = ThreadHandle()
    elif not isinstance(handle, ThreadHandle):
        raise TypeError("'handle' must be a _ThreadHandle")
    elif handle._child is not None or handle._done:
        raise RuntimeError("thread already started")
    _ungil_carry.check(function)
    handle._child = start(_run, (main_thread_ident(), function, (), {}), None)
    handle._ident = handle._child.ident
    if not daemon:
        _waited_for.append(handle)
    return handle


def start_new_thread(function, args, kwargs=None, /):
    if not callable(function):
        raise TypeError("first arg must be callable")
    if not isinstance(args, tuple):
        raise TypeError("2nd arg must be a tuple")
    if kwargs is not None and not isinstance(kwargs, dict):
        raise TypeError("optional 3rd arg must be a dictionary")
    kwargs = kwargs or {}
    _ungil_carry.check(function, args, kwargs)
    return start(_run, (main_thread_ident(), function, args, kwargs), None).ident


def _run(main_ident, function, args, kwargs):
    """What such a thread does."""
    become_thread_of(main_ident)
    try:
        function(*args, **kwargs)
    except SystemExit:
        pass
    except Exception as error:
        print(f"Exception ignored in thread started by {function!r}:", file=sys.stderr)
        _print_exception(error, sys.stderr)


def _print_exception(error, file):
    import traceback

    # The frame of the function that runs the thread is none of its business.
    frames = error.__traceback__
    traceback.print_exception(type(error), error, frames and frames.tb_next, file=file)


def excepthook(args):
    """The default `threading.excepthook`: prints what ended a thread as an uncaught exception."""
    if args.exc_type is SystemExit:
        return
    thread = args.thread
    file = sys.stderr
    if file is None:
        file = getattr(thread, "_stderr", None)
        if file is None:
            return
    name = ident() if thread is None else thread.name
    print(f"Exception in thread {name}:", file=file, flush=True)
    import traceback

    traceback.print_exception(args.exc_type, args.exc_value, args.exc_traceback, file=file)
    file.flush()
