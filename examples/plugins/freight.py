"""Adds the freight, and has never heard of the west."""

from host import hook

PER_REGION = {"north": 4.5, "east": 3.9, "south": 5.2}


@hook("on_order", priority=10)
def add_freight(order):
    return {**order, "total": order["total"] + PER_REGION[order["region"]]}
