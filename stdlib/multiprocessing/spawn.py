"""What a program that is frozen or embedded asks for; no executable is ever started for a worker."""

from __future__ import annotations

import os
import sys

__all__ = ["freeze_support", "get_executable", "is_forking", "set_executable"]

_executable: str | None = None


def set_executable(executable: str | bytes | os.PathLike) -> None:
    """Notes the path, for get_executable()."""
    global _executable
    _executable = None if executable is None else os.fsdecode(executable)


def get_executable() -> str | None:
    """The path noted last, or that of the running program."""
    return _executable or sys.executable


def is_forking(argv: list[str]) -> bool:
    """False: no command line ever starts a worker."""
    return False


def freeze_support() -> None:
    """Does nothing: see is_forking()."""
