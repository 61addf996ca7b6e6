"""Processes: isolated interpreters, each on a thread of its own, that look like operating system processes."""

import itertools
import os
import sys

import _ungil

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

__all__ = ["BaseProcess", "active_children", "current_process", "parent_process"]

ORIGINAL_DIR = os.getcwd()


def current_process() -> BaseProcess:
    """The process that this code runs in."""
    return _current


def parent_process() -> _ParentProcess | None:
    """The process that started this one, or None in the main process."""
    return _parent


def active_children() -> list[BaseProcess]:
    """The processes started here that are alive. Those that have ended count as joined afterwards."""
    for process in list(_children):
        process._forget_if_ended()
    return list(_children)


class AuthenticationString(bytes):
    """A key, which is never sent anywhere."""

    def __reduce__(self):
        raise TypeError("for security an AuthenticationString cannot be sent or pickled; bytes(key) can")


class BaseProcess:
    """A process.

    `start()` begins an interpreter that calls `run()`, which calls *target*. The process object, so its target,
    arguments and what a subclass stored in it, goes there by value.
    """

    def __init__(
        self,
        group: None = None,
        target: Callable[..., object] | None = None,
        name: str | None = None,
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        daemon: bool | None = None,
    ) -> None:
        assert group is None, "group argument must be None for now"
        parent = current_process()
        self._identity = (*parent._identity, next(_numbers))
        self._authkey = parent._authkey
        self._daemonic = parent._daemonic if daemon is None else bool(daemon)
        self._parent_pid = os.getpid()
        self._parent_name = parent.name
        self._child: _ungil.Child | None = None
        self._closed = False
        self._target = target
        self._args = tuple(args)
        self._kwargs = dict(kwargs or {})
        self._name = str(name) if name else f"{type(self).__name__}-{':'.join(map(str, self._identity))}"

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in self.__dict__.items() if name != "_authkey"}

    def run(self) -> None:
        """What the process does: calls its target. Subclasses may override it."""
        if self._target:
            self._target(*self._args, **self._kwargs)

    def start(self) -> None:
        """Starts the process. What cannot be sent to it raises NotShareableError, and nothing is started."""
        self._check_closed()
        assert self._child is None, "cannot start a process twice"
        assert self._parent_pid == os.getpid(), "can only start a process object created by current process"
        assert not _current._daemonic, "daemonic processes are not allowed to have children"
        from . import util  # whose exit function ends or joins the children

        active_children()
        util.debug("starting %s", self._name)
        self._child = self._begin(_own_lifeline())
        # They are the child's now; a connection among them must not be kept open by this object.
        del self._target, self._args, self._kwargs
        _children.add(self)

    def join(self, timeout: float | None = None) -> None:
        """Waits until the process has ended, or for *timeout* seconds."""
        self._check_closed()
        assert self._parent_pid == os.getpid(), "can only join a child process"
        assert self._child is not None, "can only join a started process"
        if self._child.join(None if timeout is None else max(timeout, 0)):
            _children.discard(self)

    def is_alive(self) -> bool:
        """Whether the process runs."""
        self._check_closed()
        if self is _current:
            return True
        assert self._parent_pid == os.getpid(), "can only test a child process"
        return self._child is not None and not self._forget_if_ended()

    def interrupt(self) -> None:
        """Raises KeyboardInterrupt in the process."""
        self._started("interrupt").interrupt()

    def terminate(self) -> None:
        """Stops the process; `finally` blocks are run."""
        self._started("terminate").terminate()

    def kill(self) -> None:
        """Stops the process at once."""
        self._started("kill").kill()

    def close(self) -> None:
        """Lets go of the process, which must have ended. Hardly anything can be done with the object afterwards."""
        if self._child is not None and not self._closed:
            if not self._forget_if_ended():
                raise ValueError(
                    "Cannot close a process while it is still running. You should first call join() or terminate()."
                )
            self._child = None
        self._closed = True

    @property
    def name(self) -> str:
        """The name, for people: no process is found by it."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        assert isinstance(name, str), "name must be a string"
        self._name = name

    @property
    def daemon(self) -> bool:
        """Whether the process is terminated when its parent ends. It cannot have children then."""
        return self._daemonic

    @daemon.setter
    def daemon(self, daemonic: bool) -> None:
        assert self._child is None, "process has already started"
        self._daemonic = daemonic

    @property
    def authkey(self) -> AuthenticationString:
        """The key that connections of the process are checked with; children inherit it."""
        return self._authkey

    @authkey.setter
    def authkey(self, authkey: bytes) -> None:
        self._authkey = AuthenticationString(authkey)

    @property
    def exitcode(self) -> int | None:
        """None while it runs; 0, what sys.exit() was given, 1 after an exception, or minus the signal that ended it."""
        self._check_closed()
        if self._child is None:
            return None
        self._forget_if_ended()
        return self._child.exitcode

    @property
    def ident(self) -> int | None:
        """The process's number: virtual, larger than any of the system. None before it was started."""
        self._check_closed()
        if self is _current:
            return os.getpid()
        return self._child and self._child.pid

    pid = ident

    @property
    def sentinel(self) -> _ungil.Child:
        """What `multiprocessing.connection.wait` takes to wait for the end of the process."""
        self._check_closed()
        if self._child is None:
            raise ValueError("process not started")
        return self._child

    def __repr__(self) -> str:
        code = None
        if self is _current:
            status = "started"
        elif self._closed:
            status = "closed"
        elif self._parent_pid != os.getpid():
            status = "unknown"
        elif self._child is None:
            status = "initial"
        else:
            code = self._child.exitcode
            status = "started" if code is None else "stopped"
        words = [type(self).__name__, f"name={self._name!r}"]
        if self._child is not None:
            words.append(f"pid={self._child.pid}")
        words += [f"parent={self._parent_pid}", status]
        if code is not None:
            words.append(f"exitcode={_signal_names().get(code, code)}")
        if self._daemonic:
            words.append("daemon")
        return f"<{' '.join(words)}>"

    def _check_closed(self) -> None:
        if self._closed:
            raise ValueError("process object is closed")

    def _started(self, verb: str) -> _ungil.Child:
        self._check_closed()
        assert self._child is not None, f"can only {verb} a started process"
        return self._child

    def _begin(self, lifeline: _ungil.Receiver) -> _ungil.Child:
        return _ungil.start(_run, (self, bytes(self._authkey), lifeline), name=self._name, kind="process")

    def _forget_if_ended(self) -> bool:
        ended = self._child is not None and not self._child.is_alive()
        if ended:
            _children.discard(self)
        return ended

    def _bootstrap(self) -> int:
        """Runs in the new interpreter; returns the exit code."""
        try:
            self.run()
            return 0
        except SystemExit as stop:
            return _exit_code(stop.code)
        except _ungil.Cancelled:
            raise
        except BaseException as error:
            self._report(error)
            return 1
        finally:
            _flush_standard_streams()

    def _report(self, error: BaseException) -> None:
        try:
            import traceback

            lines = "".join(traceback.format_exception(error))
        except MemoryError:
            # Its frames hold what there is too much of.
            error.__traceback__ = None
            lines = f"{type(error).__name__}: {error}\n"
        sys.stderr.write(f"Process {self._name}:\n{lines}")


def _run(process: BaseProcess, authkey: bytes, lifeline: _ungil.Receiver) -> None:
    global _current, _parent
    _current = process
    _parent = _ParentProcess(process, lifeline)
    process.authkey = authkey
    if code := process._bootstrap():
        raise SystemExit(code)


def _exit_code(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code
    sys.stderr.write(f"{code}\n")
    return 1


def _flush_standard_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, ValueError):  # there is none, or it is closed
            pass


def _signal_names() -> dict[int, str]:
    import signal

    return {-number: f"-{number.name}" for number in signal.Signals}


class _ParentProcess(BaseProcess):
    """The process that started this one, seen from here."""

    def __init__(self, child: BaseProcess, lifeline: _ungil.Receiver) -> None:
        self._identity = ()
        self._name = child._parent_name
        self._pid = child._parent_pid
        self._parent_pid = None
        self._daemonic = False
        self._child = None
        self._closed = False
        self._lifeline = lifeline

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return not _ungil.select([self._lifeline], 0)

    @property
    def ident(self) -> int:
        """The process's number."""
        return self._pid

    pid = ident

    @property
    def sentinel(self) -> _ungil.Receiver:
        """What `multiprocessing.connection.wait` takes to wait for the end of the process."""
        return self._lifeline

    def join(self, timeout: float | None = None) -> None:
        """Waits until the process has ended, or for *timeout* seconds."""
        _ungil.select([self._lifeline], None if timeout is None else max(timeout, 0))


class _MainProcess(BaseProcess):
    """An interpreter that was not started as a process by this package."""

    def __init__(self) -> None:
        _, name, kind, *_ = _ungil.whoami()
        self._identity = ()
        self._name = name if kind == "process" and name else "MainProcess"
        self._parent_pid = None
        self._daemonic = False
        self._child = None
        self._closed = False
        self._authkey = AuthenticationString(os.urandom(32))

    def close(self) -> None:
        """Does nothing: the main process ends with the program."""


_life: tuple[_ungil.Sender, _ungil.Receiver] | None = None


def _own_lifeline() -> _ungil.Receiver:
    """Closed when this interpreter ends, as it alone holds the sender."""
    global _life
    if _life is None:
        _life = _ungil.channel(1)
    return _life[1]


def _begin_again() -> None:
    """This interpreter was built ahead: what it is, and where, is known only now."""
    global ORIGINAL_DIR, _current
    try:
        ORIGINAL_DIR = os.getcwd()
    except OSError:  # the folder is gone
        pass
    _current = _MainProcess()


_numbers = itertools.count(1)
_children: set[BaseProcess] = set()
_parent: _ParentProcess | None = None
_current: BaseProcess = _MainProcess()
