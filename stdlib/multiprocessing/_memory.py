"""Numbers and arrays in shared memory, by typecode; each interpreter maps the same pages."""

from __future__ import annotations

import operator
import struct

import _ungil

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_INTEGERS = "bBhHiIlLqQ"
_FLOATS = "fd"
CHARACTER, WIDE = "c", "u"

# Text is stored as the wide characters of C.
_STORED = {code: code for code in (*_INTEGERS, *_FLOATS, CHARACTER)} | {WIDE: "I"}


def is_typecode(code: object) -> bool:
    """Whether it is a letter that stands for a type of numbers or characters."""
    return isinstance(code, str) and code in _STORED


def size_of(code: str) -> int:
    """The bytes that one number of that type takes."""
    return struct.calcsize(_STORED[code])


class _Memory:
    """Elements of one type in shared memory."""

    __ungil_shared__ = True
    __slots__ = ("__weakref__", "_code", "_mapping", "_view")

    def __init__(self, code: str, mapping: _ungil.SharedMapping) -> None:
        self._code = code
        self._mapping = mapping
        self._view = mapping.view()[: len(mapping) // size_of(code) * size_of(code)].cast(_STORED[code])

    @classmethod
    def of_length(cls, code: str, length: int):
        """New memory, all zero."""
        return cls(code, _ungil.SharedMapping(max(length, 1) * size_of(code)), *cls._details(length))

    @staticmethod
    def _details(length: int) -> tuple[object, ...]:
        return ()

    def __reduce__(self):
        return type(self), (self._code, self._mapping)

    def _store(self, value: Any) -> Any:
        """The value as the view takes it; integers that are too large wrap, as in C."""
        code = self._code
        if code in _FLOATS:
            return float(value)
        if code == CHARACTER:
            if isinstance(value, int):
                return bytes([value])
            if isinstance(value, (bytes, bytearray)) and len(value) == 1:
                return bytes(value)
            raise TypeError("one character bytes, bytearray, or an integer in range(256) expected")
        if code == WIDE:
            if isinstance(value, str) and len(value) == 1:
                return ord(value)
            raise TypeError("one character string expected")
        bits = size_of(code) * 8
        value = operator.index(value) & ((1 << bits) - 1)
        return value - (1 << bits) if code.islower() and value >> (bits - 1) else value

    def _load(self, stored: Any) -> Any:
        return chr(stored) if self._code == WIDE else stored

    def __buffer__(self, flags: int) -> memoryview:
        return self._view


class Scalar(_Memory):
    """One number or character; its `value` can be read and set."""

    __slots__ = ()

    @property
    def value(self) -> Any:
        """The number."""
        return self._load(self._view[0])

    @value.setter
    def value(self, value: Any) -> None:
        self._view[0] = self._store(value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._code!r}, {self.value!r})"


class Vector(_Memory):
    """An array of numbers or characters, of a fixed length."""

    __slots__ = ("_length",)

    def __init__(self, code: str, mapping: _ungil.SharedMapping, length: int) -> None:
        super().__init__(code, mapping)
        self._view = self._view[:length]
        self._length = length

    @staticmethod
    def _details(length: int) -> tuple[object, ...]:
        return (length,)

    def __reduce__(self):
        return type(self), (self._code, self._mapping, self._length)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self._join(self._view[index].tolist())
        try:
            return self._load(self._view[index])
        except IndexError:
            raise IndexError("invalid index") from None

    def __setitem__(self, index: int | slice, value: Any) -> None:
        if not isinstance(index, slice):
            stored = self._store(value)
            try:
                self._view[index] = stored
            except IndexError:
                raise IndexError("invalid index") from None
            return
        places = range(*index.indices(self._length))
        # A bytes object gives numbers, which are characters of this array again.
        values = [self._store(item) for item in value]
        if len(values) != len(places):
            raise ValueError("Can only assign sequence of same size")
        for place, stored in zip(places, values):
            self._view[place] = stored

    def __iter__(self) -> Iterator[Any]:
        return (self._load(stored) for stored in self._view)

    def _join(self, items: list[Any]) -> Any:
        if self._code == CHARACTER:
            return b"".join(items)
        if self._code == WIDE:
            return "".join(map(chr, items))
        return items

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._code!r}, {self[:]!r})"


class Text(Vector):
    """An array of characters, that has a `value` up to the first NUL, and bytes a `raw` with all of them."""

    __slots__ = ()

    @property
    def value(self) -> bytes | str:
        """The characters before the first NUL."""
        whole = self[:]
        return whole.partition("\0" if self._code == WIDE else b"\0")[0]

    @value.setter
    def value(self, value: bytes | str) -> None:
        if len(value) > self._length:
            raise ValueError(("string" if self._code == WIDE else "byte string") + " too long")
        if not isinstance(value, str if self._code == WIDE else bytes):
            expected = "unicode string" if self._code == WIDE else "bytes"
            raise TypeError(f"{expected} expected instead of {type(value).__name__} instance")
        end = value[:0].join([value, "\0" if self._code == WIDE else b"\0"]) if len(value) < self._length else value
        self[: len(end)] = end

    @property
    def raw(self) -> bytes:
        """All bytes."""
        if self._code == WIDE:
            raise AttributeError("an array of wide characters has no raw")
        return self[:]

    @raw.setter
    def raw(self, value: bytes) -> None:
        if self._code == WIDE:
            raise AttributeError("an array of wide characters has no raw")
        if len(value) > self._length:
            raise ValueError("byte string too long")
        self[: len(value)] = value


def scalar(code: str, *args: Any) -> Scalar:
    """A number in new shared memory."""
    if len(args) > 1:
        raise TypeError(f"at most one value is expected, got {len(args)}")
    result = Scalar.of_length(code, 1)
    if args:
        result.value = args[0]
    return result


def vector(code: str, size_or_initializer: int | Iterable[Any]) -> Vector:
    """An array in new shared memory."""
    kind = Text if code in (CHARACTER, WIDE) else Vector
    if isinstance(size_or_initializer, int):
        if size_or_initializer < 0:
            raise ValueError("Array length must be >= 0")
        return kind.of_length(code, size_or_initializer)
    items = list(size_or_initializer)
    result = kind.of_length(code, len(items))
    result[:] = items
    return result
