# ends: error RecursionError | limit | lost
items = iter([1])
for _ in range(100_000):
    items = map(int, items)
next(items)
