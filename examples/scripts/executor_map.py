"""Counts primes in parallel: an executor's map over a function of the main script."""

from concurrent.futures import ProcessPoolExecutor

LIMITS = [1_000, 2_000, 5_000, 10_000]


def primes_below(limit):
    sieve = bytearray([1]) * limit
    sieve[:2] = b"\0\0"
    for n in range(2, int(limit**0.5) + 1):
        if sieve[n]:
            sieve[n * n :: n] = bytes(len(range(n * n, limit, n)))
    return sum(sieve)


with ProcessPoolExecutor() as executor:
    for limit, count in zip(LIMITS, executor.map(primes_below, LIMITS)):
        print(f"{count:5} primes below {limit}")
