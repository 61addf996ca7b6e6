"""Somebody was called away while writing this."""


def handle(order):
    forms = {"CN22": order["items"
    return forms
