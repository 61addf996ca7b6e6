"""Attributes, properties, inheritance and class attributes."""


class Account:
    opened = 0
    rate = 3

    def __init__(self, owner):
        self.owner = owner
        self._cents = 0
        self.history = []
        Account.opened += 1

    @property
    def balance(self):
        return self._cents // 100

    @balance.setter
    def balance(self, value):
        self._cents = value * 100

    def deposit(self, cents):
        self._cents += cents
        self.history.append(cents)
        return self

    def fee(self):
        return 1

    def close_month(self):
        self._cents += self._cents * self.rate // 1_200 - self.fee()

    @staticmethod
    def valid(cents):
        return cents > 0

    @classmethod
    def named(cls, name):
        return cls(name)


class Savings(Account):
    rate = 5

    def fee(self):
        return super().fee() + 1

    def __len__(self):
        return len(self.history)

    def __eq__(self, other):
        return isinstance(other, Account) and self.owner == other.owner


def run():
    accounts = [Savings.named(f"s{n}") if n % 2 else Account.named(f"a{n}") for n in range(40)]
    for month in range(60):
        for account in accounts:
            if account.valid(month * 7):
                account.deposit(month * 7).deposit(5)
            account.close_month()
            if account.balance > 50:
                account.balance = 10
    same = sum(one == two for one in accounts for two in accounts)
    return sum(account._cents for account in accounts), same
