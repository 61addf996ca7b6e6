"""Sends signals to functions that are connected to them."""
# packages: blinker==1.9.0

from blinker import Namespace

paid = Namespace().signal("paid")
seen = []
paid.connect(lambda sender, **more: seen.append((sender, more["amount"])), weak=False)


@paid.connect_via("shop")
def only_shop(sender, amount):
    return amount * 2


assert [answer for _, answer in paid.send("shop", amount=2)].count(4) == 1
paid.send("market", amount=3)
assert seen == [("shop", 2), ("market", 3)]
