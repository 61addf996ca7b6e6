"""Exceptions on their way from one interpreter to another, with the traceback from there as text."""

from __future__ import annotations

from _ungil import Parcel, pack


class RemoteTraceback(Exception):
    """The traceback of an exception that was raised in another interpreter: the cause of that exception here."""

    __module__ = "ungil"

    def __init__(self, text: str):
        super().__init__(text)
        self.text = text

    def __str__(self):
        return f'\n"""\n{self.text}"""'


def pack_error(error: BaseException) -> Parcel:
    """An exception as a parcel. One that cannot cross is told by its text."""
    import traceback

    frames = error.__traceback__
    if frames is not None and frames.tb_next is not None:
        frames = frames.tb_next  # The first frame is that of who caught it.
    text = "".join(traceback.format_exception(type(error), error, frames))
    try:
        return pack((error, text))
    except Exception as obstacle:
        told = RuntimeError(f"{type(error).__qualname__}: {error} (the exception itself cannot cross: {obstacle})")
        return pack((told, text))


def open_error(parcel: Parcel) -> BaseException:
    """The exception, as it is to be raised here."""
    try:
        error, text = parcel.open()
    except Exception as obstacle:
        return obstacle
    error.__cause__ = RemoteTraceback(text)
    return error
