"""A pool maps a lambda, and closures too: functions cross as they are."""

import multiprocessing


def multiplier(factor):
    return lambda number: number * factor


with multiprocessing.Pool(4) as pool:
    print(pool.map(lambda number: number**2, range(10)))
    print(pool.map(multiplier(7), range(10)))
    print(pool.starmap(lambda word, times: word * times, [("ab", 1), ("cd", 2), ("ef", 3)]))
    print(list(pool.imap(lambda number: -number, range(5))))
