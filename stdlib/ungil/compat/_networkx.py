"""networkx resets cached properties by descriptors that have `__set__` alone. The VM, once it has seen a name often enough,
may take such a descriptor for the value."""

from __future__ import annotations

NAMES = {
    "_CachedPropertyResetterAdj": "_adj",
    "_CachedPropertyResetterNode": "_node",
    "_CachedPropertyResetterAdjAndSucc": "_adj",
    "_CachedPropertyResetterPred": "_pred",
}


def adjust(module) -> None:
    """Gives them a `__get__` that reads what they have set."""
    for class_name, name in NAMES.items():
        if resetter := vars(module).get(class_name):
            resetter.__get__ = _getter(name)


def _getter(name: str):
    def get(self, instance, owner=None):
        if instance is None:
            return self
        try:
            return vars(instance)[name]
        except KeyError:
            raise AttributeError(name) from None

    return get
