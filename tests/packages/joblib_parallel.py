"""joblib: a parallel loop as its documentation shows it, with no main guard, with lambdas, on interpreters."""

import joblib
from joblib import Parallel, delayed

import ungil

squares = [n * n for n in range(50)]
here = ungil.current().ident

assert Parallel(n_jobs=2)(delayed(lambda n: n * n)(n) for n in range(50)) == squares
assert Parallel(n_jobs=-1)(delayed(pow)(n, 2) for n in range(50)) == squares


# Every batch runs elsewhere, and two of them at a time: each waits for the other.
def meet(barrier):
    barrier.wait(60)
    return ungil.current().ident


workers = Parallel(n_jobs=2, batch_size=1)(delayed(meet)(barrier) for barrier in [ungil.Barrier(2)] * 2)
assert len(set(workers)) == 2 and here not in workers, (workers, here)

# What is passed is a copy.
taken = []
lengths = Parallel(n_jobs=2)(delayed(lambda items: items.append(1) or len(items))(taken) for _ in range(4))
assert taken == [] and set(lengths) <= {1, 2, 3, 4}, (taken, lengths)

# One after the other, here, if one job is asked for.
assert Parallel(n_jobs=1)(delayed(lambda: ungil.current().ident)() for _ in range(2)) == [here, here]

# The names that joblib has for processes mean the same.
for backend in ("loky", "multiprocessing", "ungil"):
    with joblib.parallel_config(backend=backend, n_jobs=2):
        [worker] = Parallel()([delayed(lambda: ungil.current().ident)()])
        assert worker != here, backend
assert Parallel(n_jobs=2, prefer="processes")([delayed(lambda: ungil.current().ident)()]) != [here]

# An instance can be used again, and keeps its workers in a `with` block.
with Parallel(n_jobs=2) as parallel:
    first = set(parallel(delayed(lambda: ungil.current().ident)() for _ in range(8)))
    second = set(parallel(delayed(lambda: ungil.current().ident)() for _ in range(8)))
    assert len(first | second) <= 2, (first, second)

assert joblib.effective_n_jobs(2) == 2 and joblib.effective_n_jobs(-1) == joblib.cpu_count()
try:
    Parallel(n_jobs=0)([delayed(abs)(1)])
except ValueError:
    pass
else:
    raise AssertionError("no jobs at all")
