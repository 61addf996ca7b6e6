# ends: ok | limit | lost
generators = iter([1])
for _ in range(30_000):
    generators = (item for item in generators)
del generators
