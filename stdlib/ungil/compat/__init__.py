"""Adjustments of packages that were written for processes and shared memory, made when such a package is imported.

    >>> import ungil.compat
    >>> [(a.package, a.versions, a.what) for a in ungil.compat.adjustments()]

A package that needs none has none. An adjustment is made right after its module has run, if the version that is installed
is one that it is for; a version that it is not for is imported as it is.
"""

from __future__ import annotations

import importlib
import os
import re
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["Adjustment", "adjustments"]


class Adjustment(NamedTuple):
    """What is done to a module of a package when it is imported."""

    package: str
    """Its name in the package index."""
    versions: tuple[str, str]
    """The first version that it is for, and the first that it is not for any more."""
    module: str
    """The module that is adjusted."""
    what: str
    """What is different afterwards."""
    function: str
    """Where that is done: a module, and a function in it that is called with the module adjusted."""

    def fits(self, version: str | None) -> bool:
        """Whether it is for that version. What says no version is taken for a current one."""
        return version is None or _number(self.versions[0]) <= _number(version) < _number(self.versions[1])


_ADJUSTMENTS = (
    Adjustment(
        "joblib",
        ("1.5", "2"),
        "joblib.parallel",
        "Parallel runs on interpreters: the backends 'ungil' (the default), 'loky', 'multiprocessing' and 'threading'",
        "ungil.compat._joblib:register",
    ),
    Adjustment(
        "dask",
        ("2025.1", "2027"),
        "dask.delayed",
        "delayed values are computed on interpreters unless another scheduler is named; so is scheduler='threads'",
        "ungil.compat._dask:adjust_delayed",
    ),
    Adjustment(
        "dask",
        ("2025.1", "2027"),
        "dask.bag.core",
        "bags are computed on interpreters unless another scheduler is named",
        "ungil.compat._dask:adjust_bag",
    ),
    Adjustment(
        "dask",
        ("2025.1", "2027"),
        "dask.diagnostics.progress",
        "ProgressBar is drawn by the interpreter that computes, at the ticks of another",
        "ungil.compat._dask:adjust_progress",
    ),
    Adjustment(
        "rich",
        ("13", "16"),
        "rich.live",
        "live displays are drawn by the interpreter that has them, at the ticks of another",
        "ungil.compat._rich:adjust_live",
    ),
    Adjustment(
        "rich",
        ("13", "16"),
        "rich.progress",
        "track() moves its bar on in the interpreter that loops, at the ticks of another",
        "ungil.compat._rich:adjust_progress",
    ),
    Adjustment(
        "anyio",
        ("4", "5"),
        "anyio._backends._asyncio",
        "to_thread.run_sync() uses asyncio's executor",
        "ungil.compat._anyio:adjust",
    ),
    Adjustment(
        "prompt_toolkit",
        ("3", "4"),
        "prompt_toolkit.application.application",
        "CPython's C functions are not asked for the handler of SIGINT",
        "ungil.compat._prompt_toolkit:adjust",
    ),
)


def adjustments() -> tuple[Adjustment, ...]:
    """All that there are."""
    return _ADJUSTMENTS


_by_module = {adjustment.module: adjustment for adjustment in _ADJUSTMENTS}
_being_found: set[str] = set()


def find_spec(name, path=None, target=None):
    """What the other finders find, with a loader that makes the adjustment. Called by `import`."""
    from _frozen_importlib import _find_spec

    if name in _being_found:
        return None
    _being_found.add(name)
    try:
        spec = _find_spec(name, path, target)
    finally:
        _being_found.discard(name)
    adjustment = _by_module.get(name)
    if adjustment is not None and spec is not None and spec.loader is not None:
        if adjustment.fits(_version(adjustment.package, spec)):
            spec.loader = _Loader(spec.loader, adjustment)
    return spec


class _Loader:
    """Stands for the loader that was found until the module has run."""

    def __init__(self, loader, adjustment: Adjustment):
        self._loader = loader
        self._adjustment = adjustment

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        file, _, function = self._adjustment.function.partition(":")
        getattr(importlib.import_module(file), function)(module)


def _version(package: str, spec) -> str | None:
    """The version of an installed package, by the folder that says so beside it."""
    folder = spec.origin or ""
    for _ in spec.name.split(".") + ([] if spec.submodule_search_locations is None else [""]):
        folder = os.path.dirname(folder)
    try:
        names = os.listdir(folder)
    except OSError:
        return None
    written = package.replace("-", "_")
    for name in names:
        if found := re.fullmatch(rf"{written}-([0-9][^-]*)\.(?:dist|egg)-info", name, re.IGNORECASE):
            return found[1]
    return None


def _number(version: str) -> tuple[int, ...]:
    """Its release, to compare."""
    return tuple(int(part) for part in re.match(r"\d+(?:\.\d+)*", version)[0].split("."))
