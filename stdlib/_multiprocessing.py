"""The semaphore under CPython's locks between processes, for packages that use it directly; see `multiprocessing`.

Names are known within the program, and are forgotten with the last object.
"""

import _ungil

__all__ = ["SemLock", "flags", "sem_unlink"]

RECURSIVE_MUTEX, SEMAPHORE = range(2)
flags: dict[str, int] = {"HAVE_SEM_OPEN": 1, "HAVE_SEM_TIMEDWAIT": 1}


class SemLock:
    """A semaphore, or a lock that its owner can acquire again."""

    SEM_VALUE_MAX = 2**31 - 1
    # Known by that to cross as a handle.
    __ungil_shared__ = True

    def __init__(self, kind: int, value: int, maxvalue: int, name: str, unlink: bool) -> None:
        if kind not in (RECURSIVE_MUTEX, SEMAPHORE):
            raise ValueError("unrecognized kind")
        if not 0 <= value <= maxvalue or maxvalue < 1:
            raise ValueError("invalid value")
        self.kind, self.maxvalue, self.name = kind, maxvalue, None if unlink else name
        self._native = _ungil.RLock() if kind == RECURSIVE_MUTEX else _ungil.Semaphore(value)
        self._held = 0

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_held": 0}

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """Acquires it, and returns whether that was possible at once, or within *timeout* seconds."""
        if block and timeout is None:
            acquired = self._native.acquire()
        else:
            acquired = self._native.acquire(True, timeout) if block and timeout > 0 else self._native.acquire(False)
        self._held += acquired
        return acquired

    def release(self) -> None:
        """Releases it."""
        if self.kind == RECURSIVE_MUTEX and not self._held:
            raise AssertionError("attempt to release recursive lock not owned by thread")
        if self.kind == SEMAPHORE and self._get_value() >= self.maxvalue:
            raise ValueError("semaphore or lock released too many times")
        self._native.release()
        self._held = max(self._held - 1, 0)

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *exc_info: object) -> None:
        self.release()

    def _count(self) -> int:
        return self._held

    def _is_mine(self) -> bool:
        return self._held > 0

    def _get_value(self) -> int:
        if self.kind == SEMAPHORE:
            return self._native.value
        return 0 if self._held else 1

    def _is_zero(self) -> bool:
        return self._get_value() == 0


def sem_unlink(name: str) -> None:
    """Does nothing: nothing outlives the program."""
