"""How to rebuild what Python itself cannot pickle: what the parcel engine asks when its own means end.

Every reducer returns what __reduce_ex__ returns.
"""

import abc
import enum
import importlib
import sys
import types
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["CodeEffects", "class_parts", "exception", "fill_class", "find_native", "is_scripted", "make_class", "table"]


class CodeEffects(NamedTuple):
    """What a code object, and the code nested in it, reads and stores outside itself."""

    reads: frozenset[str]
    global_stores: frozenset[str]
    free_stores: frozenset[str]
    attribute_stores: frozenset[tuple[str, str]]


# Classes ---------------------------------------------------------------------------------------------------------

_HEAPTYPE = 1 << 9
_vars = type.__dict__["__dict__"].__get__
_set = type.__setattr__

# What a class gets by being made, or what means something in one interpreter only.
_NOT_SENT = frozenset({
    "__dict__", "__weakref__", "__slotnames__", "__subclasses__", "__abstractmethods__", "_abc_impl", "_abc_registry",
    "_abc_cache", "_abc_negative_cache", "_abc_negative_cache_version", "__annotations_cache__",
})
_HEAD = ("__module__", "__qualname__", "__slots__", "__doc__")


def is_scripted(cls: type) -> bool:
    """True if the class was made by a class statement, or by a call as one makes them."""
    return bool(cls.__flags__ & _HEAPTYPE) and "__module__" in _vars(cls)


def find_native(cls: type) -> tuple[Any, ...]:
    """Where a native class is found: (module, name), or (singleton,) if it is the class of one."""
    for singleton in (None, ..., NotImplemented):
        if cls is type(singleton):
            return (singleton,)
    for module in ("types", "collections", "_collections", "re", "_io", "functools", "itertools", "typing", "weakref"):
        found = sys.modules.get(module)
        for name, value in vars(found).items() if found is not None else ():
            if value is cls:
                return (module, name)
    return ()


def class_parts(cls: type) -> tuple[tuple[type, ...], dict[str, Any], dict[str, Any]]:
    """What a class is made from: its bases, what it must have from the start, and the rest."""
    attributes = {name: value for name, value in _vars(cls).items() if name not in _NOT_SENT}
    head = {name: attributes.pop(name) for name in _HEAD if name in attributes}
    head["__name__"] = cls.__name__
    for name, value in list(attributes.items()):
        if isinstance(value, types.MemberDescriptorType) and value.__objclass__ is cls:
            del attributes[name]
        elif isinstance(value, types.GetSetDescriptorType):
            del attributes[name]
    if isinstance(cls, abc.ABCMeta):
        head["abc"] = True
    if isinstance(cls, enum.EnumType):
        members = getattr(cls, "_member_map_", {})
        attributes["_member_map_"] = {name: _Member(cls, member) for name, member in members.items()}
        head["enum"] = True
        for name in members:
            attributes.pop(name, None)
        attributes.pop("_value2member_map_", None)
        attributes.pop("_unhashable_values_", None)
    return cls.__bases__, head, attributes


class _Quiet:
    """Stands before the bases of a class that is being made: nothing is to be told that a subclass is born."""

    __slots__ = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        pass


def make_class(meta: type, bases: tuple[type, ...], head: dict[str, Any]) -> type:
    """Makes a class that has its bases, name and slots, and nothing else yet."""
    name = head["__name__"]
    namespace = {key: head[key] for key in _HEAD if key in head}
    noisy = any("__init_subclass__" in _vars(base) for base in _linear(bases))
    if not noisy:
        return type.__new__(meta, name, bases, namespace)
    try:
        cls = type.__new__(meta, name, (_Quiet, *bases), namespace)
        cls.__bases__ = bases
    except TypeError:
        cls = type.__new__(meta, name, bases, namespace)
    return cls


def _linear(bases: tuple[type, ...]) -> list[type]:
    return [cls for base in bases for cls in base.__mro__ if cls is not object and cls.__flags__ & _HEAPTYPE]


def fill_class(cls: type, attributes: dict[str, Any]) -> None:
    """Gives a class that make_class made the rest of what it has."""
    for name, value in attributes.items():
        _set(cls, name, value)
    if isinstance(cls, enum.EnumType):
        _fill_enum(cls)
    if isinstance(cls, abc.ABCMeta):
        _abc_init(cls)


def _abc_init(cls: type) -> None:
    from _abc import _abc_init as init

    init(cls)


# Members of an enum, while their class is being rebuilt ------------------------------------------------------------


class _Member:
    """A member of an enum as part of its class: by itself it is looked up in the class."""

    def __init__(self, cls: type, member: Any) -> None:
        self.cls, self.member = cls, member


def _fill_enum(cls: Any) -> None:
    pass


# Exceptions --------------------------------------------------------------------------------------------------------


def exception(error: BaseException) -> tuple[Any, ...]:
    """An exception with what led to it, and the text of its traceback."""
    cls = type(error)
    reduced = error.__reduce_ex__(4)
    own = any(
        name in _vars(base) for base in cls.__mro__ if base.__flags__ & _HEAPTYPE for name in ("__reduce__", "__reduce_ex__")
    )
    more: dict[str, Any] = {}
    for name in ("__cause__", "__context__"):
        if getattr(error, name) is not None:
            more[name] = getattr(error, name)
    if error.__suppress_context__:
        more["__suppress_context__"] = True
    if text := _traceback_text(error):
        more["__remote_traceback__"] = text
    if isinstance(reduced, str):
        return reduced
    make, args, *rest = reduced
    state = rest[0] if rest else None
    items = tuple(rest[1:3]) + (None,) * (2 - len(rest[1:3]))
    if not own and make is cls:
        make, args = _make_exception, (cls, args)
    return make, args, (state, more), *items, _set_exception


def _traceback_text(error: BaseException) -> str:
    """What its traceback says, that of earlier journeys first."""
    text: str = error.__dict__.get("__remote_traceback__", "")
    if error.__traceback__ is not None:
        import traceback

        here = "".join(traceback.format_exception(type(error), error, error.__traceback__, chain=False))
        text = f"{text}\n{here}" if text else here
    return text


def _make_exception(cls: type[BaseException], args: tuple[Any, ...]) -> BaseException:
    """Makes an exception without its class's own __init__, which may want other arguments."""
    error = cls.__new__(cls, *args)
    native = next(base for base in cls.__mro__ if not base.__flags__ & _HEAPTYPE)
    native.__init__(error, *args)
    return error


def _set_exception(error: BaseException, state: tuple[Any, dict[str, Any]]) -> None:
    own, more = state
    if own is not None:
        error.__setstate__(own)
    for name, value in more.items():
        setattr(error, name, value)


# The rest ----------------------------------------------------------------------------------------------------------


def _property(obj: property) -> tuple[Any, ...]:
    return property, (obj.fget, obj.fset, obj.fdel, obj.__doc__)


def _wrapped(obj: Any) -> tuple[Any, ...]:
    return type(obj), (obj.__func__,)


def _mappingproxy(obj: Any) -> tuple[Any, ...]:
    return types.MappingProxyType, (dict(obj),)


def _memoryview(obj: memoryview) -> tuple[Any, ...]:
    if obj.readonly:
        return _view, (obj.tobytes(), obj.format, obj.shape)
    return _view, (bytearray(obj.tobytes()), obj.format, obj.shape)


def _view(data: bytes, format: str, shape: tuple[int, ...]) -> memoryview:
    view = memoryview(data)
    return view if (format, shape) == (view.format, view.shape) else view.cast("B").cast(format, shape)


def _builtin(obj: Any) -> Any:
    owner = obj.__self__
    if owner is None or isinstance(owner, types.ModuleType):
        return obj.__qualname__
    return getattr, (owner, obj.__name__)


def _descriptor(obj: Any) -> tuple[Any, ...]:
    return _class_attribute, (obj.__objclass__, obj.__name__)


def _class_attribute(cls: type, name: str) -> Any:
    return _vars(cls)[name]


def _method_wrapper(obj: Any) -> tuple[Any, ...]:
    return getattr, (obj.__self__, obj.__name__)


def _cell(obj: Any) -> tuple[Any, ...]:
    return types.CellType, (obj.cell_contents,)


table: dict[type, Callable[[Any], Any]] = {
    property: _property,
    staticmethod: _wrapped,
    classmethod: _wrapped,
    types.MappingProxyType: _mappingproxy,
    memoryview: _memoryview,
    types.BuiltinFunctionType: _builtin,
    types.WrapperDescriptorType: _descriptor,
    types.MethodDescriptorType: _descriptor,
    types.ClassMethodDescriptorType: _descriptor,
    types.GetSetDescriptorType: _descriptor,
    types.MemberDescriptorType: _descriptor,
    types.MethodWrapperType: _method_wrapper,
    types.CellType: _cell,
}
