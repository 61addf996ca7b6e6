"""map() over many items: whatever way they travel, each is a call of its own."""

import gc
import os
import weakref
from concurrent.futures import CancelledError, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import ungil
from checks import ALL_EXECUTORS, raised

MANY = 3000


def test_order_and_values():
    for executor_type in ALL_EXECUTORS:
        with executor_type(3) as executor:
            assert list(executor.map(lambda n: n * 2, range(MANY))) == [n * 2 for n in range(MANY)]
            assert list(executor.map(lambda n: [n, str(n)], range(100))) == [[n, str(n)] for n in range(100)]
            assert list(executor.map(pow, range(100), [3] * 100)) == [n**3 for n in range(100)]


def test_items_begin_as_soon_as_a_worker_is_free():
    with ProcessPoolExecutor(3) as executor:
        meeting = ungil.Barrier(3)
        assert sorted(executor.map(lambda _: meeting.wait(), range(30))) == sorted([0, 1, 2] * 10)


def test_an_item_that_waits_for_a_later_one():
    with ProcessPoolExecutor(2) as executor:
        later = ungil.Event()

        def work(n):
            if n == 3:
                return later.wait()
            if n == 90:
                later.set()
            return n

        results = executor.map(work, range(100))
        assert [next(results) for _ in range(5)] == [0, 1, 2, True, 4]
        assert list(results) == list(range(5, 100))


def test_a_result_is_there_while_later_items_wait():
    with ProcessPoolExecutor(1) as executor:
        seen = ungil.Event()
        results = executor.map(lambda n: seen.wait() if n else n, range(50))
        assert next(results) == 0
        seen.set()
        assert all(results)


def test_items_of_any_size():
    with ProcessPoolExecutor(2) as executor:
        blobs = [bytes([n]) * 50_000 for n in range(40)]
        assert list(executor.map(len, blobs)) == [50_000] * 40
        assert list(executor.map(bytes.upper, blobs)) == [blob.upper() for blob in blobs]


def test_an_item_that_raises():
    with ProcessPoolExecutor(2) as executor:
        results = executor.map(lambda n: 1 / (n - 20), range(50))
        for n in range(20):
            assert next(results) == 1 / (n - 20)
        error = raised(ZeroDivisionError, next, results)
        assert "1 / (n - 20)" in str(error.__cause__), error.__cause__
        raised(StopIteration, next, results)
        assert executor.submit(abs, -1).result() == 1


def test_an_item_that_cannot_cross():
    with ProcessPoolExecutor(2) as executor:
        items = [*range(30), (n for n in ()), *range(30)]
        results = executor.map(str, items)
        assert [next(results) for _ in range(30)] == [str(n) for n in range(30)]
        raised(ungil.NotShareableError, next, results)


def test_the_rest_is_cancelled():
    with ProcessPoolExecutor(1) as executor:
        started, go, done = ungil.Event(), ungil.Event(), ungil.Counter()
        results = executor.map(lambda n: (started.set(), go.wait(), done.add(1))[1], range(MANY))
        started.wait()
        executor.shutdown(wait=False, cancel_futures=True)
        go.set()
        assert next(results) is True
        raised(CancelledError, list, results)
    assert done.get() == 1, done


def test_closing_the_iterator_cancels():
    with ProcessPoolExecutor(2) as executor:
        go, done = ungil.Event(), ungil.Counter()
        results = executor.map(lambda n: (n == 0 or go.wait(), done.add(1))[0], range(MANY))
        assert next(results) is True
        results.close()
        go.set()
    assert done.get() <= 3, done


def test_a_worker_that_dies():
    executor = ProcessPoolExecutor(2)
    raised(BrokenProcessPool, lambda: list(executor.map(lambda n: os._exit(3) if n == 50 else n, range(100))))
    raised(BrokenProcessPool, executor.map, abs, range(100))
    executor.shutdown()


def test_two_at_once():
    with ProcessPoolExecutor(2) as executor:
        first, second = executor.map(abs, range(500)), executor.map(str, range(500))
        assert [(a, b) for a, b in zip(first, second)] == [(n, str(n)) for n in range(500)]


def test_no_reference_is_kept():
    class Thing:
        pass

    with ProcessPoolExecutor(2) as executor:
        for thing in executor.map(lambda n: Thing(), range(20)):
            gone = weakref.ref(thing)
            del thing
            gc.collect()
            assert gone() is None


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
