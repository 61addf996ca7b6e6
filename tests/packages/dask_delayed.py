"""dask: delayed values, on interpreters unless another scheduler is named."""

import os
import warnings

import dask
from dask import delayed

import ungil

here = ungil.current().ident


@delayed
def increment(n):
    return n + 1


@delayed
def where(*_):
    return ungil.current().ident


total = delayed(sum)([increment(n) for n in range(20)])
assert total.compute() == 210
for scheduler in ("threads", "processes", "synchronous", "sync"):
    assert total.compute(scheduler=scheduler) == 210, scheduler

assert where().compute() != here
assert where().compute(scheduler="threads") != here
assert where().compute(scheduler="synchronous") == here
assert delayed(os.getpid)().compute(scheduler="processes") != os.getpid()

# Two tasks at a time: each waits for the other.
barrier = ungil.Barrier(2)
meet = delayed(lambda _, barrier: barrier.wait(60), pure=False)
with dask.config.set(num_workers=2):
    assert sorted(dask.compute(meet(0, barrier), meet(1, barrier))) == [0, 1]

# Several results at once, and what they have in common only once.
a, b = increment(1), increment(2)
assert dask.compute(a, b, {"sum": a + b, "list": [a, 5]}) == (2, 3, {"sum": 5, "list": [2, 5]})
assert (a * 10 + b).compute() == 23
kept = dask.persist(a)[0]
assert kept.compute() == 2

# What a task raises, with the traceback from there.
for scheduler in (None, "processes"):
    try:
        delayed(lambda n: 1 / n)(0).compute(scheduler=scheduler)
    except ZeroDivisionError as error:
        assert "in <lambda>" in str(error), error
    else:
        raise AssertionError("it raised nothing")

# A graph within a task.
assert delayed(lambda n: sum(dask.compute(*[delayed(abs)(-m) for m in range(n)])))(5).compute() == 10

# Threads share memory: tasks that do run here.
seen = []
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    dask.compute(*[delayed(lambda n: seen.append(n))(n) for n in range(10)], scheduler="threads")
assert sorted(seen) == list(range(10)), seen
assert [w.category for w in told] == [RuntimeWarning] and "'seen'" in str(told[0].message), told

# An executor, and a scheduler that is set for all.
from concurrent.futures import InterpreterPoolExecutor, ProcessPoolExecutor

for kind in (InterpreterPoolExecutor, ProcessPoolExecutor):
    with kind(2) as executor:
        assert total.compute(scheduler=executor) == 210
with dask.config.set(scheduler="synchronous"):
    assert where().compute() == here
