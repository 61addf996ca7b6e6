"""How to rebuild what Python itself cannot pickle: what the parcel engine asks when its own means end.

Every reducer returns what __reduce_ex__ returns.
"""

import abc
import sys
import types

# `functools`, `typing` and `enum` take long to import, and are not needed for what does not come from them.
import _functools
import _typing
import _weakref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["CodeEffects", "class_parts", "exception", "fill_class", "find_native", "is_scripted", "make_class", "table"]


class CodeEffects(tuple):
    """What a code object, and the code nested in it, reads and stores outside itself."""

    __slots__ = ()

    def __new__(
        cls,
        reads: frozenset[str],
        global_stores: frozenset[str],
        free_stores: frozenset[str],
        attribute_stores: frozenset[tuple[str, str]],
    ) -> CodeEffects:
        return tuple.__new__(cls, (reads, global_stores, free_stores, attribute_stores))

    reads = property(lambda self: self[0])
    global_stores = property(lambda self: self[1])
    free_stores = property(lambda self: self[2])
    attribute_stores = property(lambda self: self[3])


# Classes ---------------------------------------------------------------------------------------------------------

_IMMUTABLE = 1 << 8
_HEAPTYPE = 1 << 9
_vars = type.__dict__["__dict__"].__get__
_set = type.__setattr__

# What a class gets by being made, or what means something in one interpreter only.
_NOT_SENT = frozenset({
    "__dict__", "__weakref__", "__slotnames__", "__subclasses__", "__abstractmethods__", "_abc_impl", "_abc_registry",
    "_abc_cache", "_abc_negative_cache", "_abc_negative_cache_version", "__annotations_cache__",
})
# Bases as they were written are checked by typing.Generic as soon as the class is made.
_HEAD = ("__module__", "__qualname__", "__slots__", "__doc__", "__orig_bases__")


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


def class_parts(cls: type) -> tuple[tuple[type, ...], dict[str, Any], dict[str, Any], dict[str, Any]]:
    """What a class is made from: its bases, what it must have from the start, what comes next, and the rest."""
    attributes = {name: value for name, value in _vars(cls).items() if name not in _NOT_SENT}
    head = {name: attributes.pop(name) for name in _HEAD if name in attributes}
    head["__name__"], head["__qualname__"] = cls.__name__, cls.__qualname__
    for name, value in list(attributes.items()):
        made = isinstance(value, (types.MemberDescriptorType, types.GetSetDescriptorType))
        if made and value.__objclass__ is cls:
            del attributes[name]
    if isinstance(cls, abc.ABCMeta) and (registered := _registered(cls)):
        attributes["_abc_registered"] = registered
    first: dict[str, Any] = {}
    if _is_enum(cls) and "_member_map_" in attributes:
        members = _members(attributes)
        del attributes["_value2member_map_"]
        for name in [name for name in attributes if name == "__new__" or name[:1] + name[-1:] == "__" != name[:2]]:
            first[name] = attributes.pop(name)
        first["_member_map_"] = members
    return cls.__bases__, head, first, attributes


def _members(attributes: dict[str, Any]) -> dict[str, tuple[str, tuple[Any, ...], dict[str, Any]]]:
    """The members of an enum, taken apart: by itself a member is looked up in its class, which is not there yet."""
    base = attributes.get("_member_type_", object)
    taken_apart = {}
    for name, member in attributes["_member_map_"].items():
        if attributes.get(name) is member:
            del attributes[name]
        state = {key: value for key, value in vars(member).items() if key != "__objclass__"}
        taken_apart[name] = (member._name_, _data(base, member), state)
    return taken_apart


def _data(base: type, member: Any) -> tuple[Any, ...]:
    """What base.__new__ makes a member's data from."""
    if base is object:
        return ()
    if issubclass(base, str):
        return str.__getnewargs__(member)
    for plain in (int, float, bytes, complex, tuple):
        if issubclass(base, plain):
            return (plain.__new__(plain, member),)
    return (member._value_,)


def _registered(cls: type) -> list[type]:
    """Virtual subclasses."""
    registry = abc._get_dump(cls)[0] if hasattr(abc, "_get_dump") else _vars(cls).get("_abc_registry", ())
    found = (entry() if isinstance(entry, _weakref.ref) else entry for entry in registry)
    return [entry for entry in found if entry is not None]


def make_class(meta: type, bases: tuple[type, ...], head: dict[str, Any]) -> type:
    """Makes a class that has its bases, name and slots, and nothing else yet.

    Nobody is told that a subclass is born: what came of that where it was born is part of what arrives here.
    """
    told = {base for parent in bases for base in parent.__mro__ if "__init_subclass__" in _vars(base)}
    hooks = {base: _vars(base)["__init_subclass__"] for base in told if not base.__flags__ & _IMMUTABLE}
    for base in hooks:
        _set(base, "__init_subclass__", classmethod(_quiet))
    try:
        return type.__new__(meta, head["__name__"], bases, {key: head[key] for key in _HEAD if key in head})
    finally:
        for base, hook in hooks.items():
            _set(base, "__init_subclass__", hook)


def _quiet(cls: type, **kwargs: Any) -> None:
    pass


def fill_class(cls: type, attributes: dict[str, Any]) -> None:
    """Gives a class that make_class made the rest of what it has."""
    members = attributes.pop("_member_map_", None) if _is_enum(cls) else None
    registered = attributes.pop("_abc_registered", ())
    for name, value in attributes.items():
        _set(cls, name, value)
    if members is not None:
        _fill_enum(cls, members)
    elif isinstance(cls, abc.ABCMeta):
        _abc_init(cls)
        for virtual in registered:
            cls.register(virtual)


def _is_enum(cls: type) -> bool:
    enum = sys.modules.get("enum")
    return enum is not None and isinstance(cls, enum.EnumType)


def _fill_enum(cls: Any, members: dict[str, tuple[str, tuple[Any, ...], dict[str, Any]]]) -> None:
    import enum

    by_name: dict[str, Any] = {}
    by_value: dict[Any, Any] = {}
    for name, (own_name, data, state) in members.items():
        member = by_name.get(own_name)
        if member is None:
            member = cls._member_type_.__new__(cls, *data)
            vars(member).update(state)
            member.__objclass__ = cls
            try:
                by_value.setdefault(member._value_, member)
            except TypeError:
                pass  # Not hashable: it is looked up in _unhashable_values_.
        by_name[name] = member
        if not isinstance(_vars(cls).get(name), (property, enum.property)):
            _set(cls, name, member)
    _set(cls, "_member_map_", by_name)
    _set(cls, "_value2member_map_", by_value)


def _abc_init(cls: Any) -> None:
    if hasattr(abc, "_abc_init"):
        abc._abc_init(cls)
        return
    # The metaclass written in Python does it while it makes a class: what it made for another one is as good.
    model = abc.ABCMeta("Model", cls.__mro__[1:2] if cls.__mro__[1] is not object else (), {})
    for name in ("_abc_registry", "_abc_cache", "_abc_negative_cache", "_abc_negative_cache_version"):
        value = _vars(model)[name]
        _set(cls, name, value if isinstance(value, int) else type(value)())
    abc.update_abstractmethods(cls)


# Exceptions --------------------------------------------------------------------------------------------------------


# What the VM keeps outside the arguments and the dict.
_FIELDS: dict[type[BaseException], tuple[str, ...]] = {
    BaseException: ("__notes__",),
    NameError: ("name",),
    AttributeError: ("name",),
    ImportError: ("name", "path", "name_from"),
    SyntaxError: (
        "msg", "filename", "lineno", "offset", "text", "end_lineno", "end_offset", "print_file_and_line",
    ),
    OSError: ("filename2",),
}


class RemoteTraceback(Exception):
    """The cause of an exception that was raised in another interpreter: the text of its traceback there."""

    def __str__(self) -> str:
        return f'\n"""\n{self.args[0]}"""'


def exception(error: BaseException) -> tuple[Any, ...] | str:
    """An exception with what led to it, and the text of its traceback."""
    cls = type(error)
    reduced = error.__reduce_ex__(4)
    if isinstance(reduced, str):
        return reduced
    make, args, *rest = reduced
    state, *items = (*rest, None, None, None)[:3]
    heap_types = [base for base in cls.__mro__ if base.__flags__ & _HEAPTYPE]
    if make is cls and not any("__reduce__" in _vars(base) or "__reduce_ex__" in _vars(base) for base in heap_types):
        make, args = _make_exception, (cls, args)
    return make, args, (state, _circumstances(error)), *items, _set_exception


def _circumstances(error: BaseException) -> dict[str, Any]:
    """What belongs to an exception beside its arguments and its dict."""
    more: dict[str, Any] = {}
    for kind, names in _FIELDS.items():
        if isinstance(error, kind):
            more.update((name, getattr(error, name)) for name in names if getattr(error, name, None) is not None)
    if error.__context__ is not None:
        more["__context__"] = error.__context__
    text = ""
    if error.__traceback__ is not None:
        import traceback

        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    if error.__cause__ is not None:
        more["__cause__"] = error.__cause__
        if text:
            more["__remote_traceback__"] = text
    elif text:
        more["__cause__"] = RemoteTraceback(text)
    # Setting a cause sets it, so it comes after that.
    more["__suppress_context__"] = error.__suppress_context__ or "__cause__" in more
    return more


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


def _lru_cache(obj: Any) -> tuple[Any, ...] | str:
    """A function that `functools.lru_cache` remembers the results of: elsewhere it begins with none."""
    from _ungil_carry import can_be_imported

    if can_be_imported(obj):
        return obj.__qualname__
    parameters = obj.cache_parameters()
    return _make_lru_cache, (obj.__wrapped__, parameters["maxsize"], parameters["typed"])


def _make_lru_cache(function: Callable[..., Any], maxsize: int | None, typed: bool) -> Any:
    import functools

    return functools.lru_cache(maxsize, typed)(function)


def _type_param(obj: Any) -> tuple[Any, ...]:
    """A TypeVar and its kin. What is evaluated on demand is evaluated now, as it may not be possible later."""
    keywords = {}
    for keyword, name in (
        ("bound", "__bound__"), ("covariant", "__covariant__"), ("contravariant", "__contravariant__"),
        ("infer_variance", "__infer_variance__"), ("default", "__default__"),
    ):
        value = getattr(obj, name, None)
        if value not in (None, False) and value is not _typing.NoDefault:
            keywords[keyword] = value
    args = (obj.__name__, *getattr(obj, "__constraints__", ()))
    return _make_type_param, (type(obj), args, keywords, obj.__module__)


def _make_type_param(cls: Any, args: tuple[Any, ...], keywords: dict[str, Any], module: str) -> Any:
    param = cls(*args, **keywords)
    try:
        param.__module__ = module
    except AttributeError:
        pass  # It is not writable in this version.
    return param


def _type_alias(obj: Any) -> tuple[Any, ...]:
    return _make_type_alias, (obj.__name__, obj.__value__, obj.__type_params__)


def _make_type_alias(name: str, value: Any, type_params: tuple[Any, ...]) -> Any:
    return _typing.TypeAliasType(name, value, type_params=type_params)


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
    _functools._lru_cache_wrapper: _lru_cache,
    _typing.TypeVar: _type_param,
    _typing.ParamSpec: _type_param,
    _typing.TypeVarTuple: _type_param,
    _typing.TypeAliasType: _type_alias,
}
