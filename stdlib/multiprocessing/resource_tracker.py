"""For programs that tell CPython's tracker about their shared memory: here memory is freed with its last holder."""

from __future__ import annotations

__all__ = ["ensure_running", "register", "unregister"]


def ensure_running() -> None:
    """Does nothing: no tracker is needed."""


def register(name: str, rtype: str) -> None:
    """Does nothing: nothing outlives the program."""


def unregister(name: str, rtype: str) -> None:
    """Does nothing: see register()."""
