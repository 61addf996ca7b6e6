"""Middleware: who has no key sees no price."""

from host import hook

KEYS = {"sesame": "Ada", "alohomora": "Grace"}


@hook("on_request", priority=100)
def who(request):
    if not request["path"].startswith("/price/"):
        return None
    user = KEYS.get(request["headers"].get("x-key"))
    if user is None:
        return {**request, "reply": {"status": 401, "body": "a key, please"}}
    return {**request, "notes": {**request["notes"], "user": user}}
