"""Forgets what was not used, and what is old."""
# packages: cachetools==8.0.1

from cachetools import LRUCache, TTLCache, cached

calls = []


@cached(LRUCache(maxsize=2))
def square(n):
    calls.append(n)
    return n * n


assert [square(n) for n in (1, 2, 1, 3, 2)] == [1, 4, 1, 9, 4] and calls == [1, 2, 3, 2]
clock = [0]
cache = TTLCache(maxsize=10, ttl=5, timer=lambda: clock[0])
cache["a"] = 1
clock[0] = 6
assert "a" not in cache
