"""dask: bags, on every scheduler."""

import dask.bag as db

import ungil

words = "the quick brown fox jumps over the lazy dog and the cat".split() * 10

for scheduler in (None, "threads", "processes", "synchronous"):
    bag = db.from_sequence(words, npartitions=4)
    counts = dict(bag.frequencies().compute(scheduler=scheduler))
    assert counts["the"] == 30 and counts["fox"] == 10, (scheduler, counts)

    numbers = db.range(1000, npartitions=5)
    odd = numbers.filter(lambda n: n % 2).map(lambda n: n * n)
    assert odd.sum().compute(scheduler=scheduler) == sum(n * n for n in range(1, 1000, 2)), scheduler
    assert numbers.map(lambda n: n % 7).distinct().count().compute(scheduler=scheduler) == 7, scheduler
    assert numbers.foldby(lambda n: n % 2, lambda total, n: total + n, 0, combine=lambda a, b: a + b).compute(
        scheduler=scheduler
    ) == [(0, 249500), (1, 250000)], scheduler
    assert numbers.topk(3).compute(scheduler=scheduler) == [999, 998, 997], scheduler

where = db.range(4, npartitions=2).map(lambda _: ungil.current().ident)
assert ungil.current().ident not in where.compute()
assert set(where.compute(scheduler="synchronous")) == {ungil.current().ident}
