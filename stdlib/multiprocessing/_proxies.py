"""Proxies: objects that have an object of a manager's server do what they are asked."""

from __future__ import annotations

from ._server import PROXY, RETURN, UNSERIALIZABLE, RemoteError, Token, ask, servers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Self


def resolve(answer: tuple[str, Any], manager: object = None, authkey: bytes | None = None) -> Any:
    """What an answer of a server means: a value, a new proxy, or an exception."""
    kind, result = answer
    if kind == RETURN:
        return result
    if kind == PROXY:
        proxytype, token, exposed = result
        return proxytype(token, "pickle", manager=manager, authkey=authkey, exposed=exposed)
    if kind == UNSERIALIZABLE:
        raise RemoteError(f"Unserializable message: {result}")
    raise result


class BaseProxy:
    """Stands for an object of a server. Subclasses call its methods by `_callmethod()`.

    A proxy can be sent anywhere, also into the objects of managers; the object lives as long as one of its proxies.
    """

    __ungil_shared__ = True
    _exposed_: tuple[str, ...] | None = None
    _automatic = False

    def __init__(
        self,
        token: Token,
        serializer: str = "pickle",
        manager: object = None,
        authkey: bytes | None = None,
        exposed: Iterable[str] | None = None,
        incref: bool = True,
        manager_owned: bool = False,
    ) -> None:
        self._token = token
        self._id = token.id
        self._manager = manager
        self._authkey = authkey
        self._exposed = exposed

    def _callmethod(self, methodname: str, args: tuple = (), kwds: dict[str, Any] = {}) -> Any:
        """Calls a method of the object, and returns what it returns, or a proxy of that."""
        token = self._token
        if server := servers.get(token.address):
            # In the server itself, which would wait for its own answer otherwise.
            answer = server.answer(token.id, methodname, args, kwds)
        else:
            answer = ask(token.server, token.id, methodname, args, kwds)
        return resolve(answer, self._manager, self._authkey)

    def _getvalue(self) -> Any:
        """A copy of the object."""
        return self._callmethod("#GETVALUE")

    def __reduce__(self):
        # Its manager stays behind, and dynamic classes are made again.
        kind = AutoProxy if self._automatic else type(self)
        return rebuild, (kind, self._token, self._exposed)

    def __deepcopy__(self, memo: dict[int, object]) -> Any:
        return self._getvalue()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object, typeid {self._token.typeid!r} at {id(self):#x}>"

    def __str__(self) -> str:
        try:
            return self._callmethod("__repr__")
        except Exception:
            return f"{repr(self)[:-1]}; '__str__()' failed>"


def rebuild(kind: Callable[..., BaseProxy], token: Token, exposed: Iterable[str] | None) -> BaseProxy:
    """A proxy on arrival."""
    return kind(token, "pickle", exposed=exposed)


def _forwarder(name: str) -> Callable[..., Any]:
    def method(self: BaseProxy, /, *args: Any, **kwds: Any) -> Any:
        return self._callmethod(name, args, kwds)

    method.__name__ = method.__qualname__ = name
    return method


def MakeProxyType(name: str, exposed: Iterable[str]) -> type[BaseProxy]:
    """A class of proxies with those methods."""
    exposed = tuple(exposed)
    return type(name, (BaseProxy,), {"_exposed_": exposed} | {method: _forwarder(method) for method in exposed})


_automatic_types: dict[tuple[str, tuple[str, ...]], type[BaseProxy]] = {}


def AutoProxy(
    token: Token,
    serializer: str = "pickle",
    manager: object = None,
    authkey: bytes | None = None,
    exposed: Iterable[str] | None = None,
    incref: bool = True,
    manager_owned: bool = False,
) -> BaseProxy:
    """A proxy with the public methods of its object."""
    key = (token.typeid, tuple(exposed or ()))
    if key not in _automatic_types:
        _automatic_types[key] = MakeProxyType(f"AutoProxy[{token.typeid}]", key[1])
        _automatic_types[key]._automatic = True
    return _automatic_types[key](token, serializer, manager, authkey, exposed)


AutoProxy.automatic = True


class IteratorProxy(BaseProxy):
    """An iterator or generator."""

    _exposed_ = ("__next__", "send", "throw", "close")

    def __iter__(self) -> Self:
        return self

    __next__ = _forwarder("__next__")
    send = _forwarder("send")
    throw = _forwarder("throw")
    close = _forwarder("close")


class NamespaceProxy(BaseProxy):
    """An object whose attributes are got and set; those that begin with an underscore are the proxy's own."""

    _exposed_ = ("__getattribute__", "__setattr__", "__delattr__")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            return object.__getattribute__(self, name)
        return self._callmethod("__getattribute__", (name,))

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        else:
            self._callmethod("__setattr__", (name, value))

    def __delattr__(self, name: str) -> None:
        if name.startswith("_"):
            object.__delattr__(self, name)
        else:
            self._callmethod("__delattr__", (name,))


class ValueProxy(BaseProxy):
    """A value."""

    _exposed_ = ("get", "set")

    def get(self) -> Any:
        """Returns the value."""
        return self._callmethod("get")

    def set(self, value: Any) -> None:
        """Sets the value."""
        self._callmethod("set", (value,))

    value = property(get, set)

    def __class_getitem__(cls, item: object) -> object:
        from types import GenericAlias

        return GenericAlias(cls, item)


_SEQUENCE = ("__contains__", "__getitem__", "__len__", "__reversed__", "count", "index")
_LIST = (
    *_SEQUENCE,
    *("__add__", "__delitem__", "__imul__", "__mul__", "__rmul__", "__setitem__"),
    *("append", "clear", "copy", "extend", "insert", "pop", "remove", "reverse", "sort"),
)
_DICT = (
    *("__contains__", "__delitem__", "__getitem__", "__ior__", "__iter__", "__len__", "__or__", "__reversed__"),
    *("__ror__", "__setitem__", "clear", "copy", "fromkeys", "get", "items", "keys", "pop", "popitem", "setdefault"),
    *("update", "values"),
)
_SET = (
    *("__and__", "__contains__", "__iand__", "__ior__", "__isub__", "__iter__", "__ixor__", "__len__", "__or__"),
    *("__rand__", "__ror__", "__rsub__", "__rxor__", "__sub__", "__xor__", "__eq__", "__ge__", "__gt__", "__le__"),
    *("__lt__", "__ne__", "add", "clear", "copy", "difference", "difference_update", "discard", "intersection"),
    *("intersection_update", "isdisjoint", "issubset", "issuperset", "pop", "remove", "symmetric_difference"),
    *("symmetric_difference_update", "union", "update"),
)
_POOL = (
    *("apply", "apply_async", "close", "imap", "imap_unordered", "join", "map", "map_async", "starmap"),
    *("starmap_async", "terminate"),
)


class _Container(BaseProxy):
    """What changes in place stays the proxy."""

    def __class_getitem__(cls, item: object) -> object:
        from types import GenericAlias

        return GenericAlias(cls, item)


def _in_place(name: str) -> Callable[..., Any]:
    def method(self: BaseProxy, value: Any, /) -> BaseProxy:
        self._callmethod(name, (value,))
        return self

    method.__name__ = method.__qualname__ = name
    return method


class ListProxy(_Container):
    """A list."""

    _exposed_ = (*_LIST, "__iadd__")
    _method_to_typeid_ = {"__reversed__": "Iterator"}


class DictProxy(_Container):
    """A dict; iterating goes over its keys."""

    _exposed_ = _DICT
    _method_to_typeid_ = {"__iter__": "Iterator", "__reversed__": "Iterator"}


class SetProxy(_Container):
    """A set."""

    _exposed_ = _SET
    _method_to_typeid_ = {"__iter__": "Iterator"}

    # Compared like the set that it stands for, so not hashable, as sets are not.
    __hash__ = None


class ArrayProxy(BaseProxy):
    """An array."""

    _exposed_ = ("__len__", "__getitem__", "__setitem__")


class PoolProxy(BaseProxy):
    """A pool, whose workers are children of the server."""

    _exposed_ = _POOL
    _method_to_typeid_ = {
        **dict.fromkeys(("apply_async", "map_async", "starmap_async"), "AsyncResult"),
        **dict.fromkeys(("imap", "imap_unordered"), "Iterator"),
    }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.terminate()


IN_PLACE = frozenset(("__iadd__", "__imul__", "__ior__", "__iand__", "__isub__", "__ixor__"))
for _kind in (ListProxy, DictProxy, SetProxy, ArrayProxy, PoolProxy):
    for _name in _kind._exposed_:
        setattr(_kind, _name, _in_place(_name) if _name in IN_PLACE else _forwarder(_name))
