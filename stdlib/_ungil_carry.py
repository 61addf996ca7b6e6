"""What a function takes with it when it is shipped to another interpreter, and whether that is safe.

Memory is not shared between interpreters. A thread of CPython that changes a list of its starter changes *the* list;
shipped to an interpreter of its own it would change a copy, and the change would be lost without a word. So before
`threading` (and the executors of `concurrent.futures`) ship a function, they look at all that goes with it: arguments,
defaults, closure, and the globals that its code refers to, and those of what it refers to.

- Immutable values, modules, what can be imported by name, and shared things (queues, locks, events, channels,
  counters, buffers) may go.
- Lists, dicts, sets, bytearrays and other instances may not, nor may code that stores to a global, to a nonlocal
  variable or to an attribute of a class or module.

`copied(value)` as an argument carries a copy of a mutable value on purpose.
"""

import sys
import types

import _functools
import _thread
import _ungil

__all__ = ["SharedStateError", "blocker", "can_be_imported", "check", "copied", "culprit", "unwrapped"]


class SharedStateError(RuntimeError):
    """A thread or task would change a copy of what it is meant to share."""

    __module__ = "ungil"


class copied:
    """An argument that is to be copied to the interpreter where the function runs, which gets the plain value.

    threading.Thread(target=work, args=(ungil.copied(table),)).start()
    """

    __slots__ = ("value",)
    __module__ = "ungil"

    def __init__(self, value):
        self.value = value

    def __repr__(self):
        return f"ungil.copied({self.value!r})"

    def __ungil_reduce__(self):
        return _itself, (self.value,)


def _itself(value):
    return value


def unwrapped(args, kwargs):
    """Arguments as the function gets them if it runs where it is: copies for those that are `copied`."""

    def value(argument):
        return _ungil.pack(argument.value).open() if isinstance(argument, copied) else argument

    return tuple(map(value, args)), {name: value(argument) for name, argument in kwargs.items()}


_ADVICE = (
    "interpreters share no memory, so changes made there would be lost; "
    "share a queue.Queue, an ungil.channel() or an ungil.Counter, or pass ungil.copied(...) as an argument to carry a copy"
)


def check(function, args=(), kwargs=None, name=None):
    """Raises SharedStateError if the function cannot be shipped with those arguments without losing changes."""
    found = culprit(function, args, kwargs)
    if found is not None:
        refuse(name or _name(function), found)


def refuse(name, found):
    """Raises the error for something that culprit() found."""
    raise SharedStateError(f"{name} cannot run on an interpreter of its own: {found}; {_ADVICE}")


def culprit(function, args=(), kwargs=None):
    """Names the first thing that keeps the function from being shipped, or is None if nothing does."""
    if type(function) is types.FunctionType and not kwargs and _is_simple(function):
        for value in args:
            if type(value) not in _PLAIN:
                break
        else:
            return None
    for kind, text in _carried(function, args, kwargs or {}):
        if kind != "shared":
            return text
    return None


def blocker(function, args=(), kwargs=None):
    """Names the first shared thing that goes along on which one can wait (a queue, lock, event...), or is None."""
    for kind, text in _carried(function, args, kwargs or {}):
        if kind == "shared":
            return text
    return None


def _carried(function, args, kwargs):
    walk = _Walk()
    yield from walk.value(function, "the function")
    for index, value in enumerate(args):
        if type(value) not in _PLAIN:
            yield from walk.value(value, f"argument {index + 1}")
    for name, value in kwargs.items():
        yield from walk.value(value, f"argument {name!r}")


def _name(function):
    return f"{getattr(function, '__qualname__', None) or repr(function)}()"


_PLAIN = frozenset({type(None), bool, int, float, str, bytes})
_FUNCTIONS = (types.FunctionType,)
_ACCESSORS = (staticmethod, classmethod)
# Immutable, or standing for something by name.
_IMMUTABLE = frozenset(
    {
        ("builtins", name)
        for name in "int float complex bool str bytes NoneType ellipsis NotImplementedType range slice code".split()
    }
    | {
        ("datetime", name)
        for name in "date datetime time timedelta timezone".split()
    }
    | {
        ("decimal", "Decimal"),
        ("fractions", "Fraction"),
        ("uuid", "UUID"),
        ("re", "Pattern"),
        ("logging", "Logger"),
        ("logging", "RootLogger"),
        ("zoneinfo", "ZoneInfo"),
        ("ipaddress", "IPv4Address"),
        ("ipaddress", "IPv6Address"),
        ("ipaddress", "IPv4Network"),
        ("ipaddress", "IPv6Network"),
        ("struct", "Struct"),
        ("_struct", "Struct"),
        ("typing", "TypeVar"),
        ("types", "GenericAlias"),
        ("types", "UnionType"),
    }
)
_NOT_TO_WAIT_FOR = frozenset({"Counter", "SharedBuffer", "SharedMapping"})


def _is_simple(function, depth=2):
    """True if a quick look says that nothing that matters goes along. False says nothing: then a `_Walk` decides."""
    reads = _known(function.__code__)[2]
    if reads is None or function.__defaults__ is not None or function.__kwdefaults__ is not None:
        return False
    if reads:
        names = function.__globals__
        for name in reads:
            if name in names:
                value = names[name]
                kind = type(value)
                if kind in _PLAIN or kind is types.ModuleType:
                    continue
                if kind is not types.FunctionType or not depth or not _is_simple(value, depth - 1):
                    return False
    return True


class _Walk:
    """Goes through what is carried, each thing once, and yields (kind, text) for what matters.

    The kind is "mutable" or "store" for what must not go, and "shared" for what can be waited for.
    """

    def __init__(self):
        self._seen = {}

    def value(self, value, where):
        if id(value) in self._seen:
            return
        self._seen[id(value)] = value
        kind = type(value)
        if kind is copied:
            return
        if getattr(kind, "__ungil_shared__", False) or _ungil._is_shared(value):
            if kind.__name__ not in _NOT_TO_WAIT_FOR:
                yield "shared", f"{where} is a {kind.__name__}"
        elif kind is _ungil.Barrier:
            # With an action, which goes along.
            yield "shared", f"{where} is a Barrier"
            yield from self.value(value.__reduce__()[1][2], f"the action of {where}")
        elif _ungil.is_atomic(value):
            return
        elif kind is _functools._lru_cache_wrapper:
            # What it remembers is no state of the program.
            yield from self.value(value.__wrapped__, where)
        elif isinstance(value, (types.ModuleType, types.BuiltinFunctionType)):
            owner = getattr(value, "__self__", None)
            if owner is not None and not isinstance(owner, (types.ModuleType, type)):
                yield from self.value(owner, f"what {where} is a method of")
        elif isinstance(value, _thread._local):
            # Made anew there, as in every thread.
            yield from self._class(kind, where)
        elif isinstance(value, _FUNCTIONS):
            yield from self._function(value, where)
        elif isinstance(value, type):
            yield from self._class(value, where)
        elif isinstance(value, types.MethodType):
            yield from self.value(value.__self__, f"the object of the method {value.__func__.__qualname__}")
            yield from self.value(value.__func__, where)
        elif isinstance(value, _ACCESSORS):
            yield from self.value(value.__func__, where)
        elif isinstance(value, property):
            for function in (value.fget, value.fset, value.fdel):
                if function is not None:
                    yield from self.value(function, where)
        elif isinstance(value, (tuple, frozenset)):
            for item in value:
                yield from self.value(item, f"a part of {where}")
        else:
            yield from self._instance(value, kind, where)

    def _instance(self, value, kind, where):
        if _is_partial(value):
            yield from self.value(value.func, f"the function of {where}")
            for item in (*value.args, *value.keywords.values()):
                yield from self.value(item, f"an argument of {where}")
        elif _is_frozen_dataclass(kind):
            for name in kind.__dataclass_fields__:
                if hasattr(value, name):
                    yield from self.value(getattr(value, name), f"the field {name!r} of {where}")
        elif not _is_immutable(kind):
            article = "an" if kind.__name__[:1] in "aeiouAEIOU" else "a"
            noun = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__name__} (an instance)"
            yield "mutable", f"{where} is {article} {noun}"

    def _function(self, function, where):
        called = f"{function.__qualname__}()"
        if _is_installed(function.__module__):
            return
        effects = _effects_of(function.__code__)
        for name in sorted(effects.global_stores):
            yield "store", f"{called} stores to the global {name!r}"
        for name in sorted(effects.free_stores):
            yield "store", f"{called} stores to the nonlocal variable {name!r}"
        outside = _outside(function) if effects.attribute_stores else {}
        for name, attribute in sorted(effects.attribute_stores):
            owner = outside.get(name)
            if isinstance(owner, (type, types.ModuleType)):
                what = "class" if isinstance(owner, type) else "module"
                yield "store", f"{called} stores to the attribute {attribute!r} of the {what} {name!r}"
        if can_be_imported(function):
            # Its module is imported anew there: nothing of it is carried.
            return
        for index, value in enumerate(function.__defaults__ or ()):
            yield from self.value(value, f"a default of {called}")
        for name, value in (function.__kwdefaults__ or {}).items():
            yield from self.value(value, f"the default of {name!r} of {called}")
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
            try:
                value = cell.cell_contents
            except ValueError:
                continue
            yield from self.value(value, f"the variable {name!r} of {called}")
        for name in sorted(effects.reads):
            if name in function.__globals__:
                yield from self.value(function.__globals__[name], f"the global {name!r} that {called} uses")

    def _class(self, cls, where):
        if _is_installed(cls.__module__) or can_be_imported(cls):
            return
        for base in cls.__bases__:
            yield from self.value(base, where)
        enum = sys.modules.get("enum")
        if enum is not None and isinstance(cls, enum.EnumMeta):
            return
        for name, value in list(vars(cls).items()):
            # What Python and its decorators keep there is no state of the program.
            if isinstance(value, (*_FUNCTIONS, *_ACCESSORS, property)):
                if name not in ("__init__", "__init_subclass__"):
                    yield from self.value(value, where)
            elif not name.startswith("_") and not isinstance(value, _DESCRIPTORS):
                yield from self.value(value, f"the attribute {name!r} of the class {cls.__name__}")


_effects = {}


def _effects_of(code):
    """What the code reads and stores outside itself."""
    return _known(code)[1]


def _known(code):
    """The code, its effects, and the globals that it reads if it does nothing else outside itself.

    Looking it through takes longer than shipping it, so it is kept.
    """
    known = _effects.get(id(code))
    if known is None:
        if len(_effects) >= 256:
            _effects.clear()
        effects = _ungil.code_effects(code)
        stores = effects.global_stores or effects.attribute_stores or code.co_freevars
        # The code is kept with it, so that no other gets its address.
        known = _effects[id(code)] = (code, effects, None if stores else tuple(effects.reads))
    return known


_DESCRIPTORS = (types.MemberDescriptorType, types.GetSetDescriptorType)


def _outside(function):
    """What the function's names mean that are not its own."""
    names = dict(function.__globals__)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        try:
            names[name] = cell.cell_contents
        except ValueError:
            pass
    return names


def _is_partial(value):
    functools = sys.modules.get("functools")
    return functools is not None and isinstance(value, functools.partial)


def _is_frozen_dataclass(kind):
    parameters = getattr(kind, "__dataclass_params__", None)
    return parameters is not None and parameters.frozen


def _is_immutable(kind):
    if (kind.__module__, kind.__name__) in _IMMUTABLE or kind.__module__ == "typing":
        return True
    enum, pathlib = sys.modules.get("enum"), sys.modules.get("pathlib")
    if enum is not None and issubclass(kind, enum.Enum):
        return True
    return pathlib is not None and issubclass(kind, pathlib.PurePath)


def can_be_imported(thing):
    """True for what the other side finds by its name, in a module that it imports for itself."""
    name, module = thing.__qualname__, sys.modules.get(thing.__module__)
    if thing.__module__ in ("__main__", "__mp_main__") or module is None or "<locals>" in name:
        return False
    found = module
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is thing


_installed = {}


def _is_installed(name):
    """True for modules of Python itself and of what is installed: their state is their own affair."""
    known = _installed.get(name)
    if known is None:
        module = sys.modules.get(name)
        file = getattr(module, "__file__", None)
        frozen = name != "__main__" and module is not None and file is None
        known = _installed[name] = frozen or (file is not None and "site-packages" in file)
    return known
