"""Shows the total in another currency, and does not know all of them."""

RATES = {"EUR": 1.0, "CHF": 0.94}


def handle(order):
    total = sum(item["cents"] * item["count"] for item in order["items"])
    return {"total": convert(total, order["currency"])}


def convert(cents, currency):
    return round(cents * RATES[currency])
