"""Blocks of memory that several interpreters see at once, found by name within this program."""

from __future__ import annotations

import errno
import os
import struct

import _ungil

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["SharedMemory", "ShareableList"]


def _key(name: str) -> str:
    return f"shared memory {name}"


class SharedMemory:
    """A block of memory; `buf` is a memoryview of it.

    It lives, after its creator too, until unlink() is called and the last holder has closed it, or the program ends.
    """

    __ungil_shared__ = True

    def __init__(self, name: str | None = None, create: bool = False, size: int = 0, *, track: bool = True) -> None:
        if size < 0:
            raise ValueError("'size' must be a positive integer")
        if create:
            if size == 0:
                raise ValueError("'size' must be a positive number different from zero")
            self._create(name, size)
        else:
            if name is None:
                raise ValueError("'name' can only be None if create=True")
            self._attach(name.removeprefix("/"))
        self._buf: memoryview | None = self._mapping.view()

    def _create(self, name: str | None, size: int) -> None:
        self._mapping = _ungil.SharedMapping(size)
        if name is not None:
            self._name = name.removeprefix("/")
            if not _ungil.publish(_key(self._name), self._mapping):
                raise FileExistsError(errno.EEXIST, "File exists", f"/{self._name}")
            return
        self._name = f"psm_{os.urandom(4).hex()}"
        while not _ungil.publish(_key(self._name), self._mapping):
            self._name = f"psm_{os.urandom(4).hex()}"

    def _attach(self, name: str) -> None:
        self._name = name
        try:
            self._mapping = _ungil.find(_key(name))
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", f"/{name}") from None

    def __reduce__(self):
        return _rebuild, (type(self), self._name, self._mapping)

    def __del__(self) -> None:
        try:
            self.close()
        except (AttributeError, BufferError, OSError):
            pass

    @property
    def buf(self) -> memoryview | None:
        """The memory; None after close()."""
        return self._buf

    @property
    def name(self) -> str:
        """What others attach to it by."""
        return self._name

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self._size if self._mapping is None else len(self._mapping)

    def close(self) -> None:
        """Lets go of it here."""
        if self._buf is not None:
            self._buf.release()
            self._buf = None
        if self._mapping is not None:
            self._size = len(self._mapping)
            self._mapping = None

    def unlink(self) -> None:
        """Takes its name away; the memory goes with the last holder."""
        if not _ungil.withdraw(_key(self._name)):
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", f"/{self._name}")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name!r}, size={self.size})"


def _rebuild(cls: type[SharedMemory], name: str, mapping: _ungil.SharedMapping) -> SharedMemory:
    """The block on arrival, whether its name was taken away meanwhile or not."""
    memory = cls.__new__(cls)
    memory._name = name
    memory._mapping = mapping
    memory._buf = mapping.view()
    return memory


class ShareableList:
    """A list in shared memory: its length is fixed, and so is the room of each item.

    Items are int of 64 bits, float, bool, None, and str and bytes up to the room that their first value took.
    """

    __ungil_shared__ = True
    _ALIGNMENT = 8
    _COUNT = struct.Struct("<q")
    # Of each item: its kind, the place of its data, the room there and the length used.
    _ENTRY = struct.Struct("<cqqq")
    _FORMATS = {b"i": "<q", b"f": "<d", b"b": "<?"}

    def __init__(self, sequence: Iterable[Any] | None = None, *, name: str | None = None) -> None:
        if sequence is None:
            self.shm = SharedMemory(name)
            self._length = self._COUNT.unpack_from(self.shm.buf, 0)[0]
            return
        items = [(*self._encode(item), item) for item in sequence]
        self._length = len(items)
        place = self._entry_at(self._length)
        places = []
        for kind, data, _ in items:
            room = max(self._ALIGNMENT * (len(data) // self._ALIGNMENT + 1), self._ALIGNMENT)
            places.append((place, room))
            place += room
        self.shm = SharedMemory(name, create=True, size=max(place, 1))
        self._COUNT.pack_into(self.shm.buf, 0, self._length)
        for index, ((kind, data, _), (place, room)) in enumerate(zip(items, places)):
            self._write(index, kind, data, place, room)

    def _entry_at(self, index: int) -> int:
        return self._COUNT.size + index * self._ENTRY.size

    def _encode(self, value: Any) -> tuple[bytes, bytes]:
        if value is None:
            return b"n", b""
        if isinstance(value, bool):
            return b"b", struct.pack("<?", value)
        if isinstance(value, int):
            return b"i", struct.pack("<q", value)
        if isinstance(value, float):
            return b"f", struct.pack("<d", value)
        if isinstance(value, str):
            return b"s", value.encode()
        if isinstance(value, bytes):
            return b"y", value
        raise ValueError(f"a ShareableList holds int, float, bool, str, bytes and None, not {type(value).__name__}")

    def _entry(self, index: int) -> tuple[bytes, int, int, int]:
        if index < 0:
            index += self._length
        if not 0 <= index < self._length:
            raise IndexError("index out of range")
        return self._ENTRY.unpack_from(self.shm.buf, self._entry_at(index))

    def _write(self, index: int, kind: bytes, data: bytes, place: int, room: int) -> None:
        self.shm.buf[place : place + len(data)] = data
        self._ENTRY.pack_into(self.shm.buf, self._entry_at(index % self._length), kind, place, room, len(data))

    def __getitem__(self, index: int) -> Any:
        kind, place, _, length = self._entry(index)
        data = bytes(self.shm.buf[place : place + length])
        if kind in self._FORMATS:
            return struct.unpack(self._FORMATS[kind], data)[0]
        return {b"n": lambda: None, b"s": data.decode, b"y": lambda: data}[kind]()

    def __setitem__(self, index: int, value: Any) -> None:
        try:
            _, place, room, _ = self._entry(index)
        except IndexError:
            raise IndexError("assignment index out of range") from None
        kind, data = self._encode(value)
        if len(data) > room:
            raise ValueError("bytes/str item exceeds available storage")
        self._write(index, kind, data, place, room)

    def __len__(self) -> int:
        return self._length

    def __reduce__(self):
        return _rebuild_list, (type(self), self.shm)

    @property
    def format(self) -> str:
        """The items' types in the notation of `struct`."""
        letters = {b"i": "q", b"f": "d", b"b": "?", b"n": "xxxxxx?x"}
        entries = (self._entry(index) for index in range(self._length))
        return "".join(letters.get(kind) or f"{room}s" for kind, _, room, _ in entries)

    def count(self, value: Any) -> int:
        """How many items are equal to it."""
        return sum(value == item for item in self)

    def index(self, value: Any) -> int:
        """The index of the first item that is equal to it."""
        for position, item in enumerate(self):
            if value == item:
                return position
        raise ValueError("ShareableList.index(x): x not in list")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)}, name={self.shm.name!r})"

    def __class_getitem__(cls, item: object) -> object:
        from types import GenericAlias

        return GenericAlias(cls, item)


def _rebuild_list(cls: type[ShareableList], memory: SharedMemory) -> ShareableList:
    result = cls.__new__(cls)
    result.shm = memory
    result._length = cls._COUNT.unpack_from(memory.buf, 0)[0]
    return result
