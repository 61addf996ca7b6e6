"""prompt_toolkit asks CPython's C functions for the handler of SIGINT, which there are none of here."""

from __future__ import annotations

import contextlib


def adjust(module) -> None:
    """Leaves the handler as it is."""
    module._restore_sigint_from_ctypes = contextlib.nullcontext
