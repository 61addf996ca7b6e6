"""How objects of types that say nothing themselves are sent to other processes, and pickled."""

from __future__ import annotations

import copyreg
import io
import pickle
from abc import ABCMeta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["AbstractReducer", "ForkingPickler", "dump", "register"]

HAVE_SEND_HANDLE = False


class ForkingPickler(pickle.Pickler):
    """Pickles with what was registered. What is sent between interpreters is packed without it, by the same rules."""

    _extra: dict[type, Callable[[Any], object]] = {}

    def __init__(self, file, protocol: int | None = None, **options: Any) -> None:
        super().__init__(file, protocol, **options)
        self.dispatch_table = {**copyreg.dispatch_table, **self._extra}

    @classmethod
    def register(cls, type: type, reduce: Callable[[Any], object]) -> None:
        """Says how objects of a type are taken apart, for this class and for all that is sent from here."""
        cls._extra[type] = reduce
        copyreg.pickle(type, reduce)

    @classmethod
    def dumps(cls, obj: object, protocol: int | None = None) -> memoryview:
        """The object as bytes."""
        buffer = io.BytesIO()
        cls(buffer, protocol).dump(obj)
        return buffer.getbuffer()

    loads = staticmethod(pickle.loads)


register = ForkingPickler.register


def dump(obj: object, file, protocol: int | None = None) -> None:
    """Pickles the object into a file."""
    ForkingPickler(file, protocol).dump(obj)


class AbstractReducer(metaclass=ABCMeta):
    """What can be set as a context's `reducer`."""

    ForkingPickler = ForkingPickler
    register = staticmethod(register)
    dump = staticmethod(dump)

    def __init__(self, *args: object) -> None:
        pass
