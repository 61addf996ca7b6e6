"""Composes functions, groups and joins data."""
# packages: toolz==1.2.0

import toolz
from toolz import curried

assert toolz.pipe(range(6), curried.filter(lambda n: n % 2), curried.map(lambda n: n * n), sum) == 35
assert toolz.groupby(len, ["a", "bb", "c"]) == {1: ["a", "c"], 2: ["bb"]}
assert toolz.curry(lambda a, b, c: a + b + c)(1)(2, 3) == 6
assert toolz.merge_with(sum, {"a": 1}, {"a": 2, "b": 3}) == {"a": 3, "b": 3}
assert list(toolz.join(0, [(1, "a")], 0, [(1, "b"), (2, "c")])) == [((1, "a"), (1, "b"))]
