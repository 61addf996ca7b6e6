"""Writes the card that goes into the parcel."""

import datetime
import string

CARD = string.Template("Dear $name, enjoy your $count parcels from us. $day")


def handle(order):
    day = datetime.date.fromisoformat(order["day"])
    print("printing a card for", order["customer"])
    return {"card": CARD.substitute(name=order["customer"], count=len(order["items"]), day=f"{day:%d %B}")}
