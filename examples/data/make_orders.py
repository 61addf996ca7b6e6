"""Makes orders.csv: two thousand orders of a tea shop that does not exist, the same ones each time.

    python3 make_orders.py > orders.csv
"""

import datetime
import random

PRICES = {"assam": 6.20, "darjeeling": 9.80, "earl grey": 5.40, "jasmine": 7.10, "lapsang": 8.60, "rooibos": 4.90, "sencha": 11.30}
# How much a typical order holds: the regions differ, so that there is something to find.
REGIONS = {"north": 2.0, "east": 3.0, "south": 4.5, "west": 3.2}
# What people type. A reader has to cope with it.
SLIPS = {187: ("quantity", "two"), 455: ("price", "9,80"), 902: ("day", "2025-02-30"), 1333: ("quantity", "-4"), 1700: ("price", "")}

dice = random.Random(2025)
first_day = datetime.date(2025, 1, 1)
print("id,day,region,product,quantity,price,discount")
for number in range(1, 2001):
    region = dice.choice(list(REGIONS))
    product = dice.choice(list(PRICES))
    row = {
        "id": 10_000 + number,
        "day": first_day + datetime.timedelta(days=number * 364 // 2000),
        "region": region,
        "product": product,
        "quantity": 1 + min(int(dice.expovariate(1 / REGIONS[region])), 30),
        "price": f"{PRICES[product]:.2f}",
        "discount": dice.choice([0, 0, 0, 5, 10]),
    }
    if number in SLIPS:
        column, text = SLIPS[number]
        row[column] = text
    print(*row.values(), sep=",")
