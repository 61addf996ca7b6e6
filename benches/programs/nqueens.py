"""Generators, sets and recursion: queens that do not attack each other."""


def place(size, row, columns, rising, falling):
    if row == size:
        yield ()
        return
    for column in range(size):
        up, down = row + column, row - column
        if column in columns or up in rising or down in falling:
            continue
        for rest in place(size, row + 1, columns | {column}, rising | {up}, falling | {down}):
            yield (column, *rest)


def run():
    return sum(1 for _ in place(8, 0, frozenset(), frozenset(), frozenset()))
