"""Routes: what the teas cost. It counts what it has answered, and takes the count along to its next version."""

VERSION = 1
prices = {}
answered = 0


def setup(config):
    prices.update(config["prices"])


def route(request):
    global answered
    start, _, tea = request["path"].rpartition("/")
    if start != "/price":
        return None
    answered += 1
    if tea not in prices:
        return {"status": 404, "body": f"no {tea}"}
    return {"body": f"{tea} is {prices[tea]:.2f} for {request['notes']['user']}, says version {VERSION}, answer {answered}"}


def save():
    return answered


def restore(state):
    global answered
    answered = state
