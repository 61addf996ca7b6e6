"""Counts the primes below 200,000 in parallel, and checks the count against what is known."""

from multiprocessing import Pool

LIMIT, PART = 200_000, 10_000
KNOWN = 17_984


def count_primes(start):
    """How many numbers of this part are prime, by a sieve of the part alone."""
    part = bytearray([1]) * PART
    for divisor in range(2, int((start + PART) ** 0.5) + 1):
        first = max(divisor * divisor, -(-start // divisor) * divisor)
        for multiple in range(first - start, PART, divisor):
            part[multiple] = 0
    if start == 0:
        part[:2] = b"\0\0"
    return sum(part)


with Pool() as pool:
    counts = pool.map(count_primes, range(0, LIMIT, PART))

print("below 10,000:", counts[0])
print("below 200,000:", sum(counts), "as it should be" if sum(counts) == KNOWN else "WRONG")
