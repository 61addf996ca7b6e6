"""Calls the hooks of two plugins, one of which wraps the other."""
# packages: pluggy==1.7.0

import pluggy

specification, implementation = pluggy.HookspecMarker("shop"), pluggy.HookimplMarker("shop")


class Hooks:
    @specification
    def price(self, item): ...


class Plain:
    @implementation
    def price(self, item):
        return len(item)


class Taxed:
    @implementation(wrapper=True)
    def price(self, item):
        return [price * 2 for price in (yield)]


manager = pluggy.PluginManager("shop")
manager.add_hookspecs(Hooks)
manager.register(Plain())
manager.register(Taxed())
assert manager.hook.price(item="abc") == [6]
