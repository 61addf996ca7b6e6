"""Generators in a row, and one that delegates to itself."""


def numbers(limit):
    n = 0
    while n < limit:
        yield n
        n += 1


def odd(source):
    for n in source:
        if n & 1:
            yield n


def squares(source):
    for n in source:
        yield n * n


def walk(low, high):
    if low < high:
        middle = (low + high) // 2
        yield from walk(low, middle)
        yield middle
        yield from walk(middle + 1, high)


def averages():
    total = count = 0
    value = 0
    while True:
        value = yield total // count if count else 0
        total += value
        count += 1


def run():
    total = sum(squares(odd(numbers(30_000))))
    total += sum(n for n in walk(0, 3_000))
    average = averages()
    next(average)
    for n in range(10_000):
        total += average.send(n)
    return total
