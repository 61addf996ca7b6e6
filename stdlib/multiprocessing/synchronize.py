"""Locks and their kin that any number of interpreters share; they cross by reference wherever they are sent.

A lock that an interpreter holds is released when that interpreter ends in whatever way, so nobody waits for it for ever.
"""

from __future__ import annotations

import time

import _ungil

from . import process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

__all__ = ["Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition", "Event", "Barrier"]

SEM_VALUE_MAX = 2**31 - 1


class SemLock:
    """What locks and semaphores have in common: the native object, and how often it was acquired here."""

    # Known by that to cross as a handle.
    __ungil_shared__ = True

    def __init__(self, native: object) -> None:
        self._native = native
        self._held = 0

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_held": 0}

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """Acquires it, and returns whether that was possible at once, or within *timeout* seconds."""
        if not block:
            acquired = self._native.acquire(False)
        elif timeout is None:
            acquired = self._native.acquire()
        else:
            acquired = self._native.acquire(True, timeout) if timeout > 0 else self._native.acquire(False)
        if acquired:
            self._held += 1
        return acquired

    def release(self) -> None:
        """Releases it; any process may."""
        try:
            self._native.release()
        except (RuntimeError, ValueError):
            raise ValueError("semaphore or lock released too many times") from None
        self._held = max(self._held - 1, 0)

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *exc_info: object) -> None:
        self.release()

    def _owner(self) -> str | None:
        if not self._native.locked():
            return None
        return process.current_process().name if self._held else "SomeOtherProcess"


class Lock(SemLock):
    """A lock, to be held by one at a time; whoever has it may release it."""

    def __init__(self, *, ctx: object = None) -> None:
        super().__init__(_ungil.Lock())

    def locked(self) -> bool:
        """Whether anybody holds it."""
        return self._native.locked()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(owner={self._owner()})>"


class RLock(SemLock):
    """A lock that its owner, an interpreter, can acquire again; it is free after as many releases."""

    def __init__(self, *, ctx: object = None) -> None:
        super().__init__(_ungil.RLock())

    def release(self) -> None:
        """Releases it once; its owner alone may."""
        try:
            self._native.release()
        except RuntimeError:
            raise AssertionError("attempt to release recursive lock not owned by thread") from None
        self._held = max(self._held - 1, 0)

    def locked(self) -> bool:
        """Whether anybody holds it."""
        return self._native.locked()

    def __repr__(self) -> str:
        owner = self._owner()
        count = self._held if owner else 0
        return f"<{type(self).__name__}({owner}, {count if self._held or not owner else 'nonzero'})>"


class Semaphore(SemLock):
    """A number that acquire() takes one from, waiting while it is 0, and that release() adds one to."""

    def __init__(self, value: int = 1, *, ctx: object = None) -> None:
        if not 0 <= value <= SEM_VALUE_MAX:
            raise ValueError("semaphore initial value must be from 0 to SEM_VALUE_MAX")
        super().__init__(self._make(value))

    def _make(self, value: int) -> _ungil.Semaphore:
        return _ungil.Semaphore(value)

    def get_value(self) -> int:
        """The number now."""
        return self._native.value

    def locked(self) -> bool:
        """Whether acquire() would have to wait."""
        return self.get_value() == 0

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(value={self.get_value()})>"


class BoundedSemaphore(Semaphore):
    """A semaphore that raises ValueError when it is released above its first value."""

    def __init__(self, value: int = 1, *, ctx: object = None) -> None:
        super().__init__(value)
        self._maximum = value

    def _make(self, value: int) -> _ungil.Semaphore:
        return _ungil.Semaphore(value, value)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(value={self.get_value()}, maxvalue={self._maximum})>"


class Condition:
    """A lock, and waiting for others to notify while not holding it."""

    __ungil_shared__ = True

    def __init__(self, lock: Lock | RLock | None = None, *, ctx: object = None) -> None:
        self._lock = lock or RLock()
        self._native = _ungil.Condition(self._lock._native)
        self.acquire = self._lock.acquire
        self.release = self._lock.release

    def __getstate__(self) -> tuple[object, object]:
        return self._lock, self._native

    def __setstate__(self, state: tuple[object, object]) -> None:
        self._lock, self._native = state
        self.acquire = self._lock.acquire
        self.release = self._lock.release

    def __enter__(self) -> bool:
        return self._lock.__enter__()

    def __exit__(self, *exc_info: object) -> None:
        self._lock.__exit__(*exc_info)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({self._lock})>"

    def wait(self, timeout: float | None = None) -> bool:
        """Waits for a notification, and returns whether there was one within *timeout* seconds."""
        try:
            return self._native.wait(None if timeout is None else max(timeout, 0))
        except RuntimeError:
            raise AssertionError("must acquire() condition before using wait()") from None

    def wait_for[T](self, predicate: Callable[[], T], timeout: float | None = None) -> T:
        """Waits until *predicate* returns something true, at most *timeout* seconds, and returns what it returned."""
        end = None if timeout is None else time.monotonic() + timeout
        while not (result := predicate()):
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                break
            self.wait(left)
        return result

    def notify(self, n: int = 1) -> None:
        """Wakes *n* of those who wait."""
        try:
            self._native.notify(n)
        except RuntimeError:
            raise AssertionError("lock is not owned") from None

    def notify_all(self) -> None:
        """Wakes all who wait."""
        try:
            self._native.notify_all()
        except RuntimeError:
            raise AssertionError("lock is not owned") from None


class Event:
    """A flag that processes can wait for."""

    __ungil_shared__ = True

    def __init__(self, *, ctx: object = None) -> None:
        self._native = _ungil.Event()

    def is_set(self) -> bool:
        """Whether the flag is set."""
        return self._native.is_set()

    def set(self) -> None:
        """Sets the flag and wakes all who wait."""
        self._native.set()

    def clear(self) -> None:
        """Takes the flag back."""
        self._native.clear()

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until the flag is set, at most *timeout* seconds, and returns whether it is."""
        return self._native.wait(None if timeout is None else max(timeout, 0))

    def __repr__(self) -> str:
        status = "set" if self.is_set() else "unset"
        return f"<{type(self).__qualname__} at {id(self):#x} {status}>"


class Barrier:
    """Where *parties* processes wait for each other; the last to come calls *action* before they go on."""

    __ungil_shared__ = True
    _FILLING, _DRAINING, _RESETTING, _BROKEN = 0, 1, -1, -2

    def __init__(
        self,
        parties: int,
        action: Callable[[], object] | None = None,
        timeout: float | None = None,
        *,
        ctx: object = None,
    ) -> None:
        if parties < 1:
            raise ValueError("parties must be >= 1")
        self._parties = parties
        self._action = action
        self._timeout = timeout
        self._condition = Condition()
        self._state = _ungil.Counter(self._FILLING)
        self._count = _ungil.Counter(0)

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the others; each gets a number of its own, from 0 on. BrokenBarrierError if it takes too long."""
        if timeout is None:
            timeout = self._timeout
        with self._condition:
            self._condition.wait_for(lambda: self._state.get() not in (self._DRAINING, self._RESETTING))
            self._check()
            index = self._count.get()
            self._count.set(index + 1)
            try:
                if index + 1 == self._parties:
                    self._release()
                else:
                    self._wait_for_release(timeout)
                return index
            finally:
                self._leave()

    def reset(self) -> None:
        """Makes it as new; those who wait get BrokenBarrierError."""
        with self._condition:
            if self._count.get() == 0:
                self._state.set(self._FILLING)
            elif self._state.get() != self._RESETTING:
                self._state.set(self._RESETTING)
            self._condition.notify_all()

    def abort(self) -> None:
        """Breaks it, until reset() is called; all who wait and will wait get BrokenBarrierError."""
        with self._condition:
            self._break()

    @property
    def parties(self) -> int:
        """How many it takes."""
        return self._parties

    @property
    def n_waiting(self) -> int:
        """How many wait now."""
        return self._count.get() if self._state.get() == self._FILLING else 0

    @property
    def broken(self) -> bool:
        """Whether it is broken."""
        return self._state.get() == self._BROKEN

    def _check(self) -> None:
        if self._state.get() < 0:
            from threading import BrokenBarrierError

            raise BrokenBarrierError

    def _release(self) -> None:
        try:
            if self._action:
                self._action()
        except BaseException:
            self._break()
            raise
        self._state.set(self._DRAINING)
        self._condition.notify_all()

    def _wait_for_release(self, timeout: float | None) -> None:
        if not self._condition.wait_for(lambda: self._state.get() != self._FILLING, timeout):
            self._break()
        self._check()

    def _leave(self) -> None:
        count = self._count.get() - 1
        self._count.set(count)
        if count == 0 and self._state.get() in (self._DRAINING, self._RESETTING):
            self._state.set(self._FILLING)
            self._condition.notify_all()

    def _break(self) -> None:
        self._state.set(self._BROKEN)
        self._condition.notify_all()

    def __repr__(self) -> str:
        status = "broken" if self.broken else f"waiters={self.n_waiting}/{self._parties}"
        return f"<{type(self).__qualname__} at {id(self):#x}: {status}>"
