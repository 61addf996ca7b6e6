"""ungil.Pool."""

import itertools
import os
from concurrent.futures import CancelledError, Future, wait

import ungil
from checks import raised


def square(n):
    return n * n


def inverse(n):
    return 1 / n


def test_map():
    with ungil.Pool(2) as pool:
        assert pool.map(square, range(1000)) == [n * n for n in range(1000)]
        assert pool.map(pow, range(5), [2] * 5) == [0, 1, 4, 9, 16]
        assert pool.map(square, []) == []
        for size in (1, 3, 5000):
            assert pool.map(square, range(50), chunksize=size) == [n * n for n in range(50)]
        raised(ValueError, pool.map, square, range(3), chunksize=0)


def test_lazy_and_unordered():
    with ungil.Pool(2) as pool:
        endless = pool.imap(square, itertools.count())
        assert list(itertools.islice(endless, 500)) == [n * n for n in range(500)]
        endless.close()
        assert sorted(pool.map_unordered(square, range(100))) == [n * n for n in range(100)]
        go = ungil.Event()
        results = pool.map_unordered(lambda event, n: (event and event.wait(), n)[1], [go, None, None], range(3), chunksize=1)
        assert {next(results), next(results)} == {1, 2}
        go.set()
        assert list(results) == [0]


def test_errors():
    with ungil.Pool(2) as pool:
        results = pool.imap(inverse, [1, 2, 0, 4])
        assert [next(results), next(results)] == [1, 0.5]
        error = raised(ZeroDivisionError, next, results)
        assert "in inverse" in str(error.__cause__), error.__cause__
        raised(ZeroDivisionError, pool.map, inverse, [1, 0, 1], chunksize=10)
        raised(ungil.NotShareableError, pool.map, square, [(n for n in range(2))])
        assert pool.map(square, [3]) == [9]


def test_timeout():
    with ungil.Pool(1) as pool:
        go = ungil.Event()
        raised(TimeoutError, pool.map, lambda event: event.wait(), [go], timeout=0.05)
        go.set()
        assert pool.map(square, [3], timeout=60) == [9]


def test_submit():
    with ungil.Pool(2) as pool:
        futures = [pool.submit(square, n) for n in range(10)]
        assert isinstance(futures[0], Future) and wait(futures).not_done == set()
        assert [future.result() for future in futures] == [n * n for n in range(10)]
        raised(ZeroDivisionError, pool.submit(inverse, 0).result)
        go = ungil.Event()
        running = [pool.submit(go.wait) for _ in range(2)]
        waiting = [pool.submit(square, n) for n in range(10)]
        assert waiting[9].cancel()
        raised(CancelledError, waiting[9].result)
        go.set()
        assert all(future.result() for future in running)


def test_broadcast():
    with ungil.Pool(3, name="crew") as pool:
        assert sorted(pool.broadcast(lambda: ungil.current().name)) == ["crew_0", "crew_1", "crew_2"]
        assert pool.broadcast(set_level, 7) == [None] * 3
        assert set(pool.map(level, range(20))) == {7}


def set_level(value):
    global LEVEL
    LEVEL = value


def level(_):
    return LEVEL


LEVEL = 0


def test_initializer():
    with ungil.Pool(2, initializer=set_level, initargs=(5,)) as pool:
        assert set(pool.map(level, range(20))) == {5}
    assert LEVEL == 0
    with ungil.Pool(2, initializer=inverse, initargs=(0,)) as pool:
        error = raised(ungil.PoolBroken, pool.map, square, range(3))
        assert isinstance(error.__cause__, ZeroDivisionError)
        raised(ungil.PoolBroken, pool.submit, square, 1)


def test_workers_that_die():
    with ungil.Pool(2) as pool:
        error = raised(ungil.PoolBroken, pool.map, os._exit, [3, 3])
        assert "status 3" in str(error), error
        raised(ungil.PoolBroken, pool.submit, square, 1)


def test_workers_that_are_replaced():
    with ungil.Pool(1, max_tasks_per_worker=2) as pool:
        idents = [pool.submit(lambda: ungil.current().ident).result() for _ in range(6)]
        assert len(set(idents)) == 3


def test_end():
    pool = ungil.Pool(2)
    futures = [pool.submit(square, n) for n in range(50)]
    raised(ValueError, pool.join)
    pool.close()
    raised(ValueError, pool.submit, square, 1)
    assert pool.join(60)
    assert [future.result() for future in futures] == [n * n for n in range(50)]
    assert "closed" in repr(pool)
    for size in (0, -1):
        raised(ValueError, ungil.Pool, size)
    assert ungil.Pool().size == os.process_cpu_count()


def test_terminate():
    pool = ungil.Pool(1)
    started = ungil.Event()
    future = pool.submit(spin, started)
    started.wait()
    pool.terminate()
    raised(ungil.PoolBroken, future.result)
    assert pool.join(60)


def spin(started):
    started.set()
    while True:
        pass


def test_an_exception_ends_the_workers():
    started = ungil.Event()

    def leave():
        with ungil.Pool(1) as pool:
            pool.submit(spin, started)
            started.wait()
            raise KeyError("out")

    raised(KeyError, leave)


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
