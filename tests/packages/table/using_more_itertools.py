"""Cuts, peeks at, and windows iterators."""
# packages: more-itertools==11.2.1

import more_itertools as more

assert list(more.chunked(range(5), 2)) == [[0, 1], [2, 3], [4]]
assert list(more.windowed([1, 2, 3], 2)) == [(1, 2), (2, 3)]
peekable = more.peekable(iter("abc"))
assert peekable.peek() == "a" and list(peekable) == ["a", "b", "c"]
assert more.one([5]) == 5 and list(more.set_partitions([1, 2], 2)) == [[[1], [2]]]
assert {k: list(v) for k, v in more.groupby_transform("aAbB", str.lower)} == {"a": ["a", "A"], "b": ["b", "B"]}
