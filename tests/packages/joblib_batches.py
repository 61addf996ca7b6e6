"""joblib: batches that grow by themselves, results in whatever form, progress on the terminal."""

import contextlib
import io
import re
import warnings

from joblib import Parallel, delayed

import ungil

# Small tasks are sent in batches, which grow until a batch takes long enough.
parallel = Parallel(n_jobs=2)
assert parallel(delayed(lambda n: -n)(n) for n in range(2000)) == [-n for n in range(2000)]
assert parallel.n_dispatched_tasks == 2000 and parallel.n_dispatched_batches < 500, parallel.n_dispatched_batches

fixed = Parallel(n_jobs=2, batch_size=100)
fixed(delayed(abs)(n) for n in range(1000))
# The first and the last ones are smaller, so that all workers have something.
assert 10 <= fixed.n_dispatched_batches < 50, fixed.n_dispatched_batches

# Tasks are made when workers need them: a few ahead of those that all wait here. Results come one by one.
made = []
gate = ungil.Event()


def square(n, gate):
    gate.wait()
    return n * n


def tasks():
    for n in range(400):
        made.append(n)
        yield delayed(square)(n, gate)


results = Parallel(n_jobs=2, batch_size=1, return_as="generator")(tasks())
assert 0 < len(made) < 20, len(made)
gate.set()
assert next(results) == 0
assert list(results) == [n * n for n in range(1, 400)]
assert len(made) == 400

results = Parallel(n_jobs=2, return_as="generator_unordered")(delayed(pow)(n, 2) for n in range(100))
assert sorted(results) == [n * n for n in range(100)]

# One that is dropped halfway does not keep the next from running.
results = Parallel(n_jobs=2, batch_size=1, return_as="generator")(delayed(abs)(n) for n in range(100))
next(results)
with warnings.catch_warnings():
    # joblib tells how much of the work was in vain.
    warnings.simplefilter("ignore")
    results.close()
assert Parallel(n_jobs=2)(delayed(abs)(n) for n in range(3)) == [0, 1, 2]


def progressing(gate):
    for n in range(20):
        if n == 2:
            # joblib takes the work for done, and says so, if its first batch is answered before it hands out the second.
            gate.set()
        yield delayed(square)(n, gate)


# Above 50 messages go to stdout.
told = io.StringIO()
with contextlib.redirect_stdout(told):
    Parallel(n_jobs=2, verbose=60, batch_size=1)(progressing(ungil.Event()))
told = told.getvalue()
assert "Using backend InterpreterBackend with 2 concurrent workers" in told, told
assert re.search(r"Done +20 out of +20 .*finished", told), told
