"""Threads, each on an interpreter of its own, and what they wait for one another with.

The names and their meaning are CPython's. What differs follows from one thing: interpreters share no memory.

- `Thread(target=f, args=...)` ships `f` with what it refers to to a new interpreter, where it runs at once and in
  parallel. If that would carry over a list, dict, set or other mutable object, or if the code stores to a global, so
  that changes made there would be lost, `start()` raises `ungil.SharedStateError`, which names the culprit. Share a
  `queue.Queue`, an `ungil.channel()`, an `ungil.Counter`, or pass `ungil.copied(value)` to carry a copy on purpose.
- Locks, events, conditions, semaphores and barriers are shared: one that a thread gets is the one of its starter.
  Their owner, where they have one, is the thread, and one that ends while it holds a lock releases it.
"""

import atexit as _atexit
import functools as _functools
import sys as _sys
from itertools import count as _count

import _thread
import _ungil
import _ungil_carry
import _ungil_threads
from _thread import (
    RLock,
    TIMEOUT_MAX,
    _excepthook as excepthook,
    _ExceptHookArgs as ExceptHookArgs,
    _local as local,
    error as ThreadError,
    get_ident,
    get_native_id,
    lock as Lock,
    stack_size,
)
from _ungil import Barrier, Condition, Event, Semaphore
from _ungil_hooks import getprofile, gettrace, setprofile, setprofile_all_threads, settrace, settrace_all_threads

__all__ = [
    "get_ident",
    "active_count",
    "Condition",
    "current_thread",
    "enumerate",
    "main_thread",
    "TIMEOUT_MAX",
    "Event",
    "Lock",
    "RLock",
    "Semaphore",
    "BoundedSemaphore",
    "Thread",
    "Barrier",
    "BrokenBarrierError",
    "Timer",
    "ThreadError",
    "setprofile",
    "settrace",
    "local",
    "stack_size",
    "excepthook",
    "ExceptHookArgs",
    "gettrace",
    "getprofile",
    "setprofile_all_threads",
    "settrace_all_threads",
    "get_native_id",
]

__excepthook__ = excepthook
_allocate_lock = Lock


class BrokenBarrierError(RuntimeError):
    """The barrier was aborted or reset, or somebody waited for too long."""


class BoundedSemaphore(Semaphore):
    """A semaphore that is never released more often than it was acquired: ValueError otherwise."""

    def __init__(self, value=1):
        super().__init__(value, value)

    @property
    def _initial_value(self):
        return self._maximum


# Threads -------------------------------------------------------------------------------------------------------------

_next_number = _count(1).__next__
# By number: threads that this one started and that have not ended.
_active = {}
_current = None
_main = None
_shutting_down = False


class Thread:
    """A thread of control. What it does is its target, or the method run() of a subclass."""

    _initialized = False
    _frozen = False
    _ungil_own = frozenset({"_child", "_native_id", "_finished", "_stderr", "_context", "_watch"})
    """Attributes that do not go along to the thread itself."""
    _ungil_known = frozenset({
        "_target", "_name", "_args", "_kwargs", "_daemonic", "_initialized", "_frozen", *_ungil_own,
    })
    """Attributes that are this class's affair."""

    def __init__(self, group=None, target=None, name=None, args=(), kwargs=None, *, daemon=None, context=None):
        assert group is None, "group argument must be None for now"
        if name:
            name = str(name)
        else:
            name = f"Thread-{_next_number()}"
            target_name = getattr(target, "__name__", None)
            if target_name is not None:
                name += f" ({target_name})"
        self._target = target
        self._name = name
        self._args = tuple(args)
        self._kwargs = dict(kwargs or {})
        self._daemonic = current_thread().daemon if daemon is None else daemon
        self._context = context
        self._child = None
        self._native_id = None
        self._finished = False
        self._stderr = _sys.stderr
        self._initialized = True

    def __setattr__(self, name, value):
        if self._frozen and name not in Thread._ungil_known:
            raise _ungil_carry.SharedStateError(
                f"{self._name} stores to its own attribute {name!r}, which the thread that started it would not see; "
                "put results into a queue.Queue, an ungil.channel() or an ungil.Counter"
            )
        object.__setattr__(self, name, value)

    def _check_initialized(self):
        if not self._initialized:
            raise RuntimeError("Thread.__init__() not called")

    def __repr__(self):
        assert self._initialized, "Thread.__init__() was not called"
        status = "initial"
        if self.ident is not None:
            status = "started" if self.is_alive() else "stopped"
        if self._daemonic:
            status += " daemon"
        if self.ident is not None:
            status += f" {self.ident}"
        return f"<{type(self).__name__}({self._name}, {status})>"

    def start(self):
        """Ships what the thread does to an interpreter of its own, where it begins at once.

        Raises SharedStateError if that would carry over what is changed and then lost.
        """
        if not self._initialized:
            raise RuntimeError("thread.__init__() not called")
        if self.ident is not None:
            raise RuntimeError("threads can only be started once")
        if _shutting_down and not isinstance(current_thread(), _MainThread):
            raise RuntimeError("can't create new thread at interpreter shutdown")
        own_run = type(self).run is not Thread.run
        if own_run:
            self._check_what_is_carried()
            what = _Shipped(self)
        else:
            if self._target is not None:
                _ungil_carry.check(self._target, self._args, self._kwargs, self._name)
            what = (type(self) if type(self) is Thread else Thread, self._target, self._args, self._kwargs)
        print_there = excepthook is __excepthook__
        spec = (_ungil_threads.main_thread_ident(), main_thread().name, self._name, self._daemonic, print_there)
        _register_shutdown()
        self._child = _ungil_threads.start(_bootstrap, (spec, what), self._name)
        if len(_active) % 256 == 255:
            # Forgets those that have ended unseen.
            _alive()
        _active[self._child.ident] = self
        if not print_there:
            self._watch = _ungil.when_ready(self._child, self._finish)

    def _check_what_is_carried(self):
        for name, value in vars(self).items():
            if name not in self._ungil_known:
                found = _ungil_carry.culprit(_nothing, (value,))
                if found is not None:
                    _ungil_carry.refuse(self._name, found.replace("argument 1", f"the attribute {name!r}", 1))
        for cls in type(self).__mro__:
            if cls is Thread:
                break
            _ungil_carry.check(cls, (), {}, self._name)
        if self._target is not None:
            _ungil_carry.check(self._target, self._args, self._kwargs, self._name)

    def run(self):
        """What the thread does. The standard one calls the target with its arguments."""
        try:
            if self._target is not None:
                self._target(*self._args, **self._kwargs)
        finally:
            # So that a reference to the thread among them is no cycle.
            del self._target, self._args, self._kwargs

    def join(self, timeout=None):
        """Waits until the thread has ended, or for at most timeout seconds; is_alive() then tells which."""
        self._check_initialized()
        if self is _current:
            raise RuntimeError("cannot join current thread")
        if self._child is None:
            raise RuntimeError("cannot join thread before it is started")
        if self._child.join(None if timeout is None else max(timeout, 0)):
            self._finish()

    def _finish(self):
        """Once, when the thread was seen to have ended: hands what ended it to a hook that lives here."""
        if self._finished:
            return
        self._finished = True
        _active.pop(self._child.ident, None)
        kind, value = self._child.outcome()
        if kind == "raised":
            error = value.open()
            excepthook(ExceptHookArgs((type(error), error, error.__traceback__, self)))
        elif kind == "lost":
            print(f"Exception in thread {self._name}: {value}", file=_sys.stderr)

    @property
    def name(self):
        """A text to tell it by, which need not be unique."""
        assert self._initialized, "Thread.__init__() not called"
        return self._name

    @name.setter
    def name(self, name):
        assert self._initialized, "Thread.__init__() not called"
        self._name = str(name)
        if self is _current:
            _thread.set_name(self._name)

    @property
    def ident(self):
        """The number of the thread, or None before it is started. No other thread of the process has or had it."""
        assert self._initialized, "Thread.__init__() not called"
        return None if self._child is None else self._child.ident

    @property
    def native_id(self):
        """In the thread itself the number that the system gave it; elsewhere its ident."""
        assert self._initialized, "Thread.__init__() not called"
        return self.ident if self._native_id is None else self._native_id

    def is_alive(self):
        """True from the start of the thread to its end."""
        assert self._initialized, "Thread.__init__() not called"
        if self._child is None:
            return False
        alive = self._child.is_alive()
        if not alive:
            self._finish()
        return alive

    @property
    def daemon(self):
        """True for one that the program does not wait for when it ends. To be set before the start."""
        assert self._initialized, "Thread.__init__() not called"
        return self._daemonic

    @daemon.setter
    def daemon(self, daemonic):
        self._check_initialized()
        if self.ident is not None:
            raise RuntimeError("cannot set daemon status of active thread")
        self._daemonic = daemonic

    def isDaemon(self):
        _deprecated("isDaemon() is deprecated, get the daemon attribute instead")
        return self.daemon

    def setDaemon(self, daemonic):
        _deprecated("setDaemon() is deprecated, set the daemon attribute instead")
        self.daemon = daemonic

    def getName(self):
        _deprecated("getName() is deprecated, get the name attribute instead")
        return self.name

    def setName(self, name):
        _deprecated("setName() is deprecated, set the name attribute instead")
        self.name = name

    # A thread that was started crosses as a reference to it; one that was not has nothing to refer to.
    __ungil_shared__ = True

    def __ungil_reduce__(self):
        if self._child is None:
            raise TypeError(f"{self!r} cannot cross to another interpreter before it is started")
        return _reference, (self._child, self._name, self._daemonic)

    def __reduce__(self):
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")


def _nothing():
    """Carries nothing."""


def _deprecated(message):
    import warnings

    warnings.warn(message, DeprecationWarning, stacklevel=3)


class _Shipped:
    """A thread on its way to its own interpreter: whole, for its run() is a method."""

    __slots__ = ("thread",)

    def __init__(self, thread):
        self.thread = thread

    def __ungil_reduce__(self):
        thread = self.thread
        return _arrive, (type(thread), {name: value for name, value in vars(thread).items() if name not in thread._ungil_own})


def _arrive(cls, attributes):
    thread = object.__new__(cls)
    vars(thread).update(attributes)
    return thread


def _reference(child, name, daemon):
    """A thread as others than its starter know it."""
    for known in (_current, *_active.values()):
        if known is not None and known._child == child:
            return known
    thread = object.__new__(Thread)
    vars(thread).update(
        _target=None, _name=name, _args=(), _kwargs={}, _daemonic=daemon, _context=None, _child=child,
        _native_id=None, _finished=True, _stderr=None, _initialized=True,
    )
    return thread


def _bootstrap(spec, what):
    """What runs in the interpreter of a new thread."""
    global _current, _main
    main_ident, main_name, name, daemon, print_there = spec
    _ungil_threads.become_thread_of(main_ident)
    if type(what) is tuple:
        cls, target, args, kwargs = what
        thread = object.__new__(cls)
        vars(thread).update(_target=target, _args=args, _kwargs=kwargs, _name=name, _daemonic=daemon, _initialized=True)
    else:
        thread = what
    vars(thread).update(
        _context=None, _child=_ungil_threads.Here(get_ident()), _native_id=get_native_id(), _finished=True, _stderr=_sys.stderr,
        _frozen=True,
    )
    _current, _main = thread, _MainThread._of(main_ident, main_name)
    _thread.set_name(name)
    try:
        thread.run()
    except SystemExit:
        pass
    except BaseException as error:
        if not print_there or isinstance(error, _ungil.Cancelled):
            raise
        # As if the thread had begun in its run().
        frames = error.__traceback__
        excepthook(ExceptHookArgs((type(error), error, frames and frames.tb_next, thread)))


class _MainThread(Thread):
    """The thread that the program began in."""

    def __init__(self):
        super().__init__(name="MainThread", daemon=False)

    @classmethod
    def _of(cls, ident, name="MainThread"):
        thread = object.__new__(cls)
        vars(thread).update(
            _target=None, _args=(), _kwargs={}, _name=name, _daemonic=False, _context=None, _child=_ungil_threads.Here(ident),
            _native_id=None, _finished=True, _stderr=_sys.stderr, _initialized=True,
        )
        return thread

    def join(self, timeout=None):
        if self is _current:
            raise RuntimeError("cannot join current thread")
        raise RuntimeError("cannot join the main thread, which waits for this one when it ends")

    def __ungil_reduce__(self):
        return _MainThread._of, (self.ident, self._name)


class Timer(Thread):
    """Calls a function after a number of seconds, in a thread, unless it is cancelled before that."""

    _ungil_known = Thread._ungil_known | {"interval", "function", "args", "kwargs", "finished"}

    def __init__(self, interval, function, args=None, kwargs=None):
        super().__init__()
        self.interval = interval
        self.function = function
        self.args = tuple(args) if args is not None else ()
        self.kwargs = dict(kwargs) if kwargs is not None else {}
        self.finished = Event()

    def cancel(self):
        """Stops the timer, if it has not called its function yet."""
        self.finished.set()

    def _check_what_is_carried(self):
        _ungil_carry.check(self.function, self.args, self.kwargs, self._name)
        super()._check_what_is_carried()

    def run(self):
        self.finished.wait(self.interval)
        if not self.finished.is_set():
            self.function(*self.args, **self.kwargs)
        self.finished.set()


def current_thread():
    """The Thread of the interpreter that asks."""
    return _current


def main_thread():
    """The thread that the program began in."""
    return _main


def _alive():
    return [thread for thread in list(_active.values()) if thread.is_alive()]


def enumerate():
    """The threads that are alive, as far as this one knows them: itself, the main one, and those it started."""
    known = [_main] if _current is _main else [_main, _current]
    return known + _alive()


def active_count():
    return len(enumerate())


def currentThread():
    _deprecated("currentThread() is deprecated, use current_thread() instead")
    return current_thread()


def activeCount():
    _deprecated("activeCount() is deprecated, use active_count() instead")
    return active_count()


# The end -------------------------------------------------------------------------------------------------------------

_threading_atexits = []
_SHUTTING_DOWN = False


def _register_atexit(func, *arg, **kwargs):
    """Has func called before the threads are waited for at the end."""
    if _shutting_down:
        raise RuntimeError("can't register atexit after shutdown")
    _threading_atexits.append(_functools.partial(func, *arg, **kwargs))


@_functools.cache
def _register_shutdown():
    # An embedded interpreter has nobody else who waits for its threads. Late, so as to come before other functions.
    _atexit.register(_shutdown)


def _shutdown():
    """Waits for the threads that are not daemons, and stops those that are."""
    global _shutting_down, _SHUTTING_DOWN
    _shutting_down = _SHUTTING_DOWN = True
    while _threading_atexits:
        _threading_atexits.pop()()
    while waited_for := [thread for thread in _alive() if not thread.daemon]:
        for thread in waited_for:
            thread.join()
    _thread._shutdown()
    for thread in _alive():
        thread._child.kill()


def _begin_again():
    """Says which thread this is, when the interpreter is told who it is: the main one, or one of a pool."""
    global _current, _main
    ident, name, kind, *_, root = _ungil.whoami()
    _current = _main = _MainThread._of(ident)
    if kind == "thread":
        _current, _main = _reference(_ungil_threads.Here(ident), name, True), _MainThread._of(root)
        _current._native_id, _current._stderr = get_native_id(), _sys.stderr


_begin_again()
