"""Finds the modules that the host program gave to this interpreter: from memory, or made by the host in Rust."""

import sys
from _frozen_importlib import ModuleSpec


class HostFinder:
    """A meta path finder, and the loader of what it finds.

    *sources* maps a module's name to its source and file name; *natives* maps a name to a function that builds it.
    """

    def __init__(self, sources, natives):
        self._sources = sources
        self._natives = natives
        names = {*sources, *natives}
        self._packages = {name.rpartition(".")[0] for name in names} - {""}
        self._packages |= {name for name, (_, _, is_package) in sources.items() if is_package}
        # "shop.tax" alone makes "shop" importable too.
        self._names = names | {
            ".".join(parts[:end]) for parts in (name.split(".") for name in names) for end in range(1, len(parts))
        }

    def find_spec(self, name, path=None, target=None):
        if name not in self._names:
            return None
        origin = self._sources[name][1] if name in self._sources else "host"
        spec = ModuleSpec(name, self, origin=origin, is_package=name in self._packages or name not in self._known())
        spec.has_location = name in self._sources
        return spec

    def create_module(self, spec):
        build = self._natives.get(spec.name)
        return build() if build else None

    def exec_module(self, module):
        name = module.__spec__.name
        if name in self._sources:
            exec(self.get_code(name), module.__dict__)

    def get_code(self, name):
        source, file, _ = self._sources[name]
        return compile(source, file, "exec", dont_inherit=True)

    def get_source(self, name):
        return self._sources[name][0] if name in self._sources else None

    def is_package(self, name):
        return name in self._packages

    def _known(self):
        return self._sources.keys() | self._natives.keys()


def install(sources, natives):
    """Puts the finder before those that look in folders, so that the host's modules win."""
    sys.meta_path.insert(0, HostFinder(sources, natives))
