"""Waits for loyalty points that never come, and does not want to be stopped."""


def on_order(order):
    points = 0
    while points < 100:
        try:
            points += order.get("points", 0)
        except BaseException:
            pass
    return {**order, "points": points}
