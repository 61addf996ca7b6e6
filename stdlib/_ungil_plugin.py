"""The plugin's side of a plugin host: runs its module, and knows its hooks, its subscriptions and its life."""

from __future__ import annotations

import sys
from _frozen_importlib import ModuleSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LIFE = ("setup", "teardown", "save", "restore")
IS_COROUTINE_FUNCTION = 0x80

_Function = type(lambda: None)
_Module = type(sys)

_hooks: list[tuple[str, int, Callable[..., Any]]] = []
_subscriptions: list[tuple[str, Callable[..., Any]]] = []
_life: dict[str, Callable[..., Any]] = {}
_topics: list[str] = []


def hook(name: str | Callable[..., Any] | None = None, *, priority: int = 0) -> Any:
    """Marks a function as the plugin's answer to a hook: ``@hook``, ``@hook("on_order", priority=10)``.

    Plugins of a higher priority are called first in a chain. Without a name it is the function's own.
    """

    if callable(name):
        return hook(priority=priority)(name)
    if name is not None and not isinstance(name, str):
        raise TypeError(f"a hook's name is a str, not {type(name).__name__}")
    if not isinstance(priority, int):
        raise TypeError(f"a priority is an int, not {type(priority).__name__}")

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        _hooks.append((name or function.__name__, priority, function))
        return function

    return mark


def subscribe(topic: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Has a function called with ``(topic, message)`` for what is published: to one topic, or with a ``*`` at the end."""
    if not any(_covers(pattern, topic) for pattern in _topics):
        raise PermissionError(
            f"hearing {topic!r} is not granted; name it in `subscribe` under [permissions] of plugin.toml, and let the "
            "host's policy allow it"
        )

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        _subscriptions.append((topic, function))
        return function

    return mark


def _covers(pattern: str, topic: str) -> bool:
    return topic.startswith(pattern[:-1]) if pattern.endswith("*") else topic == pattern


def load(name: str, file: str, source: bytes, folder: str | None, topics: list[str]) -> tuple[list, list, list]:
    """Runs the plugin's entry as the module *name*; gives its hooks with priorities, its topics, and its life."""
    sys.dont_write_bytecode = True
    if name in sys.builtin_module_names or name in sys.modules or _is_frozen(name):
        raise ImportError(f"a plugin named {name!r} would hide Python's own module; give it another name")
    _topics.extend(topics)
    module = _Module(name)
    spec = ModuleSpec(name, None, origin=file, is_package=folder is not None)
    if folder is not None:
        spec.submodule_search_locations = [folder]
        module.__path__ = [folder]
    module.__spec__ = spec
    module.__package__ = name if folder is not None else ""
    module.__file__ = file
    sys.modules[name] = module
    exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)

    marked = {id(function) for _, _, function in _hooks}
    for label, value in list(vars(module).items()):
        if label.startswith("_") or not isinstance(value, _Function) or id(value) in marked:
            continue
        if label in LIFE:
            _life[label] = value
        elif value.__module__ == name:
            _hooks.append((label, 0, value))
    hooks = [(label, priority) for label, priority, _ in _hooks]
    return hooks, [topic for topic, _ in _subscriptions], list(_life)


def handler(index: int) -> Callable[..., Any]:
    """The function that answers the hook of that place in the list that `load` gave."""
    return _awaited(_hooks[index][2])


def subscriber(index: int) -> Callable[..., Any]:
    """The function that hears the topic of that place in the list that `load` gave."""
    return _awaited(_subscriptions[index][1])


def live(stage: str, *args: Any) -> Any:
    """Calls `setup`, `teardown`, `save` or `restore` of the plugin."""
    return _awaited(_life[stage])(*args)


def _awaited(function: Callable[..., Any]) -> Callable[..., Any]:
    code = getattr(function, "__code__", None)
    if code is None or not code.co_flags & IS_COROUTINE_FUNCTION:
        return function

    def wait(*args: Any) -> Any:
        from _ungil_await import run

        return run(function(*args))

    return wait


def _is_frozen(name: str) -> bool:
    import _imp

    return _imp.is_frozen(name)
