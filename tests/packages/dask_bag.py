"""dask: bags, on every scheduler."""

import dask
import dask.bag as db

import ungil

words = db.from_sequence("the quick brown fox jumps over the lazy dog and the cat".split() * 10, npartitions=4)
numbers = db.range(1000, npartitions=5)
wanted = {
    "frequencies": words.frequencies(),
    "sum": numbers.filter(lambda n: n % 2).map(lambda n: n * n).sum(),
    "distinct": numbers.map(lambda n: n % 7).distinct().count(),
    "foldby": numbers.foldby(lambda n: n % 2, lambda total, n: total + n, 0, combine=lambda a, b: a + b),
    "topk": numbers.topk(3),
}

for scheduler in (None, "threads", "processes", "synchronous"):
    [found] = dask.compute(wanted, scheduler=scheduler)
    counts = dict(found["frequencies"])
    assert counts["the"] == 30 and counts["fox"] == 10, (scheduler, counts)
    assert found["sum"] == sum(n * n for n in range(1, 1000, 2)), scheduler
    assert found["distinct"] == 7, scheduler
    assert found["foldby"] == [(0, 249500), (1, 250000)], scheduler
    assert found["topk"] == [999, 998, 997], scheduler

where = db.range(4, npartitions=2).map(lambda _: ungil.current().ident)
assert ungil.current().ident not in where.compute()
assert set(where.compute(scheduler="synchronous")) == {ungil.current().ident}
