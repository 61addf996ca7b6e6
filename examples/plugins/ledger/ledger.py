"""Adds the tax and keeps a ledger: on a server if it may, in memory if not."""

import json
import pathlib
import socket

from host import hook, publish


def setup(config):
    global kept, large, vat
    large = config["large"]
    vat = json.loads((pathlib.Path(__file__).parent / "rates" / "vat.json").read_text())["vat"]
    try:
        socket.create_connection(("ledger.example.com", 443), timeout=1)
        kept = "on the server"
    except PermissionError as error:
        kept = "in memory"
        print(f"no server for me ({error}), so I keep it in memory")


@hook("on_order", priority=-10)
def enter(order):
    total = round(order["total"] * (1 + vat), 2)
    if total > large:
        publish("ledger.large", [order["id"], total])
    return {**order, "total": total, "kept": kept}
