"""Raising, catching, cleaning up."""


class Refused(Exception):
    def __init__(self, amount):
        super().__init__(f"{amount} refused")
        self.amount = amount


class Guard:
    def __init__(self):
        self.left = 0

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        self.left += 1
        return kind is ZeroDivisionError


def withdraw(balance, amount):
    if amount > balance:
        raise Refused(amount)
    return balance - amount


def attempt(balance, amount):
    try:
        return withdraw(balance, amount)
    except Refused as error:
        return balance + error.amount
    finally:
        amount = None


def run():
    balance = 100
    table = {n: n for n in range(0, 100, 2)}
    missing = 0
    guard = Guard()
    for n in range(8_000):
        balance = attempt(balance, n % 150) % 1_000
        try:
            balance += table[n % 100]
        except KeyError:
            missing += 1
        with guard:
            balance += 1 // (n % 3)
    return balance, missing, guard.left
