"""joblib: Parallel within Parallel, threads that share memory, what workers start with."""

import warnings

from joblib import Parallel, delayed

import ungil


def row(n):
    return Parallel(n_jobs=2)(delayed(pow)(n, m) for m in range(4))


assert Parallel(n_jobs=2)(delayed(row)(n) for n in range(4)) == [[n**m for m in range(4)] for n in range(4)]


# Within a worker, one that names a backend gets it.
def inner():
    return ungil.current().ident, *Parallel(n_jobs=2, backend="loky")([delayed(lambda: ungil.current().ident)()])


[(outer_one, inner_one)] = Parallel(n_jobs=2)([delayed(inner)()])
assert outer_one != inner_one

# Shared memory is shared: such tasks run here, one after the other, and a warning says so.
here = ungil.current().ident
seen = []


def collect(n):
    seen.append(n)
    return ungil.current().ident


for options in ({"require": "sharedmem"}, {"prefer": "threads"}, {"backend": "threading"}):
    seen.clear()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        idents = Parallel(n_jobs=2, **options)(delayed(collect)(n) for n in range(2000))
    assert set(idents) == {here} and sorted(seen) == list(range(2000)), (options, len(seen))
    if options == {"require": "sharedmem"}:
        [warning] = told
        assert warning.category is RuntimeWarning and "'seen'" in str(warning.message), warning

# What shares nothing is run in parallel, whatever the name.
with warnings.catch_warnings():
    warnings.simplefilter("error")
    idents = Parallel(n_jobs=2, prefer="threads")(delayed(lambda n: ungil.current().ident)(n) for n in range(20))
assert here not in idents


def prepare(value):
    global prepared
    prepared = value


def use(n):
    return prepared + n


from joblib import parallel_config

with parallel_config(backend="loky", n_jobs=2, initializer=prepare, initargs=(100,)):
    assert Parallel()(delayed(use)(n) for n in range(4)) == [100, 101, 102, 103]
