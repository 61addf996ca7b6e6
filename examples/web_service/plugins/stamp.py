"""Middleware: every reply says who made it."""


def on_reply(reply):
    return {**reply, "headers": {**reply["headers"], "x-made-by": "plugins"}}
