"""Values and arrays in shared memory, with and without a lock.

A typecode makes an object of this package, which needs no ctypes; another ctypes type makes an object of that type.
"""

from __future__ import annotations

import operator

import _ungil

from . import _memory
from .synchronize import RLock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

__all__ = ["RawValue", "RawArray", "Value", "Array", "copy", "synchronized"]


def RawValue(typecode_or_type: str | type, *args: Any) -> Any:
    """A number, character or structure in shared memory."""
    code = _code(typecode_or_type)
    if code is not None:
        return _memory.scalar(code, *args)
    obj = _new(typecode_or_type)
    obj.__init__(*args)
    return obj


def RawArray(typecode_or_type: str | type, size_or_initializer: int | Iterable[Any]) -> Any:
    """An array in shared memory, of that many zeros or of these elements."""
    code = _code(typecode_or_type)
    if code is not None:
        return _memory.vector(code, size_or_initializer)
    if isinstance(size_or_initializer, int):
        return StructureArray.of_length(typecode_or_type, size_or_initializer)
    items = list(size_or_initializer)
    obj = StructureArray.of_length(typecode_or_type, len(items))
    obj[:] = items
    return obj


def Value(typecode_or_type: str | type, *args: Any, lock: Any = True, ctx: object = None) -> Any:
    """A number, character or structure in shared memory, with a lock: a new one, that given, or none if it is False."""
    return _locked(RawValue(typecode_or_type, *args), lock)


def Array(
    typecode_or_type: str | type, size_or_initializer: int | Iterable[Any], *, lock: Any = True, ctx: object = None
) -> Any:
    """An array in shared memory, with a lock: a new one, that given, or none if it is False."""
    return _locked(RawArray(typecode_or_type, size_or_initializer), lock)


def copy(obj: Any) -> Any:
    """A copy in shared memory of its own, without a lock."""
    if isinstance(obj, SynchronizedBase):
        obj = obj.get_obj()
    if isinstance(obj, _memory.Scalar):
        return _memory.scalar(obj._code, obj.value)
    if isinstance(obj, _memory.Vector):
        return _memory.vector(obj._code, obj)
    if isinstance(obj, StructureArray):
        return RawArray(obj._ctype, obj)
    import ctypes

    duplicate = _new(type(obj))
    ctypes.pointer(duplicate)[0] = obj
    return duplicate


def synchronized(obj: Any, lock: Any = None, ctx: object = None) -> SynchronizedBase:
    """The object with a lock around it."""
    assert not isinstance(obj, SynchronizedBase), "object already synchronized"
    if isinstance(obj, _memory.Text):
        return SynchronizedString(obj, lock)
    if isinstance(obj, _memory.Vector):
        return SynchronizedArray(obj, lock)
    if isinstance(obj, _memory.Scalar):
        return Synchronized(obj, lock)
    import ctypes

    if isinstance(obj, (ctypes.Array, StructureArray)):
        return SynchronizedArray(obj, lock)
    if isinstance(obj, ctypes._SimpleCData):
        return Synchronized(obj, lock)
    return _structure_class(type(obj))(obj, lock)


class StructureArray:
    """An array of objects of a ctypes type; an item is an object over its part of the memory."""

    __ungil_shared__ = True

    def __init__(self, ctype: type, mapping: _ungil.SharedMapping, length: int) -> None:
        import ctypes

        self._ctype = ctype
        self._mapping = mapping
        self._length = length
        self._size = ctypes.sizeof(ctype)
        self._view = mapping.view()
        _register_classes()

    @classmethod
    def of_length(cls, ctype: type, length: int) -> StructureArray:
        """New memory, all zero."""
        import ctypes

        if length < 0:
            raise ValueError("Array length must be >= 0")
        return cls(ctype, _ungil.SharedMapping(max(length, 1) * max(ctypes.sizeof(ctype), 1)), length)

    def __reduce__(self):
        return StructureArray, (self._ctype, self._mapping, self._length)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(self._length))]
        item = self._ctype.from_buffer(self._part(index))
        # Simple types, such as c_bool, are values.
        return getattr(item, "value", item) if isinstance(self._ctype.__dict__.get("_type_"), str) else item

    def __setitem__(self, index: int | slice, value: Any) -> None:
        if isinstance(index, slice):
            places, values = range(*index.indices(self._length)), list(value)
            if len(places) != len(values):
                raise ValueError("Can only assign sequence of same size")
            for place, item in zip(places, values):
                self[place] = item
            return
        if not isinstance(value, self._ctype):
            value = self._ctype(*value) if isinstance(value, tuple) else self._ctype(value)
        self._part(index)[:] = bytes(value)

    def _part(self, index: int) -> memoryview:
        try:
            start = range(self._length)[index] * self._size
        except IndexError:
            raise IndexError("invalid index") from None
        return self._view[start : start + self._size]


class SynchronizedBase:
    """An object in shared memory with a lock, which `with` holds."""

    __ungil_shared__ = True

    def __init__(self, obj: Any, lock: Any = None, ctx: object = None) -> None:
        self._obj = obj
        self._lock = lock or RLock()
        self.acquire = self._lock.acquire
        self.release = self._lock.release

    def __reduce__(self):
        return synchronized, (self._obj, self._lock)

    def __enter__(self) -> bool:
        return self._lock.__enter__()

    def __exit__(self, *exc_info: object) -> None:
        self._lock.__exit__(*exc_info)

    def get_obj(self) -> Any:
        """The object without the lock."""
        return self._obj

    def get_lock(self) -> Any:
        """The lock."""
        return self._lock

    def __repr__(self) -> str:
        return f"<{type(self).__name__} wrapper for {self._obj}>"


def _guarded(name: str) -> property:
    """An attribute of the object inside, got and set with the lock held."""

    def get(self: SynchronizedBase) -> Any:
        with self:
            return getattr(self._obj, name)

    def put(self: SynchronizedBase, value: Any) -> None:
        with self:
            setattr(self._obj, name, value)

    return property(get, put)


class Synchronized(SynchronizedBase):
    """A number or character with a lock."""

    value = _guarded("value")


class SynchronizedArray(SynchronizedBase):
    """An array with a lock."""

    def __len__(self) -> int:
        return len(self._obj)

    def __getitem__(self, index: int | slice) -> Any:
        with self:
            return self._obj[index]

    def __setitem__(self, index: int | slice, value: Any) -> None:
        with self:
            self._obj[index] = value

    def __getslice__(self, start: int, stop: int) -> Any:
        return self[start:stop]

    def __setslice__(self, start: int, stop: int, values: Any) -> None:
        self[start:stop] = values


class SynchronizedString(SynchronizedArray):
    """An array of characters with a lock."""

    value = _guarded("value")
    raw = _guarded("raw")


_structure_classes: dict[type, type[SynchronizedBase]] = {}


def _structure_class(ctype: type) -> type[SynchronizedBase]:
    """The class that has the fields of a structure as attributes."""
    if ctype not in _structure_classes:
        fields = {field[0]: _guarded(field[0]) for base in ctype.__mro__ for field in base.__dict__.get("_fields_", ())}
        _structure_classes[ctype] = type(f"Synchronized{ctype.__name__}", (SynchronizedBase,), fields)
    return _structure_classes[ctype]


def _locked(obj: Any, lock: Any) -> Any:
    if lock is False:
        return obj
    if lock in (True, None):
        lock = RLock()
    elif not hasattr(lock, "acquire"):
        raise AttributeError(f"{lock!r} has no method 'acquire'")
    return synchronized(obj, lock)


def _code(typecode_or_type: str | type) -> str | None:
    """The typecode, of a simple ctypes type too; None for others."""
    if _memory.is_typecode(typecode_or_type):
        return typecode_or_type
    if isinstance(typecode_or_type, str):
        raise TypeError(f"unknown typecode {typecode_or_type!r}")
    code = typecode_or_type.__dict__.get("_type_")
    return code if _memory.is_typecode(code) else None


def _reduce_class(ctype: type):
    """A class of structures by its fields, if it cannot be imported elsewhere; its metaclass has no name to go by."""
    import sys

    found = sys.modules.get(ctype.__module__)
    for name in ctype.__qualname__.split("."):
        found = getattr(found, name, None)
    if found is ctype and ctype.__module__ != "__main__":
        return ctype.__qualname__
    fields = {name: ctype.__dict__[name] for name in ("_pack_", "_anonymous_", "_fields_") if name in ctype.__dict__}
    return _structure, (ctype.__qualname__, ctype.__module__, ctype.__bases__, fields)


_structures: dict[tuple[str, str], type] = {}


def _structure(qualname: str, module: str, bases: tuple[type, ...], fields: dict[str, Any]) -> type:
    """The class on arrival: the one that came before, if it has the same fields."""
    key = (module, qualname)
    known = _structures.get(key)
    if known is None or known.__bases__ != bases or any(known.__dict__.get(name) != fields[name] for name in fields):
        names = {"__module__": module, "__qualname__": qualname}
        known = _structures[key] = type(bases[0])(qualname.rpartition(".")[2], bases, names | fields)
    return known


def _register_classes() -> None:
    import copyreg
    import ctypes

    for kind in (ctypes.Structure, ctypes.Union):
        copyreg.pickle(type(kind), _reduce_class)
    copyreg.pickle(type(ctypes.Array), lambda ctype: (operator.mul, (ctype._type_, ctype._length_)))


def _new(ctype: type) -> Any:
    """An object of a ctypes type over new shared memory."""
    import ctypes

    return _over(ctype, _ungil.SharedMapping(max(ctypes.sizeof(ctype), 1)))


_mappings: dict[int, tuple[Callable[[], object], _ungil.SharedMapping]] = {}


def _over(ctype: type, mapping: _ungil.SharedMapping) -> Any:
    import ctypes
    import weakref

    from .reduction import register

    _register_classes()
    obj = ctype.from_buffer(mapping.view()[: ctypes.sizeof(ctype)])
    key = id(obj)
    # Not every ctypes object has room for an attribute; the entry goes when the object does.
    _mappings[key] = (weakref.ref(obj, lambda _: _mappings.pop(key, None)), mapping)
    register(ctype, _reduce)
    return obj


def _reduce(obj: Any):
    try:
        reference, mapping = _mappings[id(obj)]
    except KeyError:
        raise TypeError(f"{type(obj).__name__} object is not in shared memory of its own; make it by RawValue()") from None
    assert reference() is obj
    return _over, (type(obj), mapping)
