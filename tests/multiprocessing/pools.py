"""What CPython's tests of Pool and ThreadPool cover."""

import multiprocessing as mp
import os
import sys
import threading
import time
import warnings
from multiprocessing.pool import MaybeEncodingError, Pool, RemoteTraceback, ThreadPool


def raises(kind, function, *args, text="", **kwargs):
    try:
        function(*args, **kwargs)
    except kind as error:
        assert text in str(error), error
        return error
    raise AssertionError(f"{kind.__name__} expected")


def sqr(x):
    return x * x


def mul(x, y):
    return x * y


def fail(x):
    raise KeyError(f"bad {x}")


def fail_large(x):
    if x >= 5:
        raise ValueError(x)
    return x


def test_apply():
    assert pool.apply(sqr, (5,)) == 25 and pool.apply(sqr, (), {"x": 3}) == 9
    assert pool.apply(lambda: os.getpid()) != os.getpid()
    go = mp.Event()
    result = pool.apply_async(lambda: go.wait() and 49)
    raises(ValueError, result.successful, text="not ready")
    raises(mp.TimeoutError, result.get, timeout=0.001)
    go.set()
    assert result.get() == 49 and result.ready() and result.successful()


def test_map():
    assert pool.map(sqr, range(10)) == list(map(sqr, range(10)))
    assert pool.map(sqr, range(100), chunksize=20) == list(map(sqr, range(100)))
    assert pool.map(sqr, []) == [] and pool.map_async(sqr, []).get() == []
    offset = 3
    assert pool.map(lambda x: x + offset, range(5)) == [3, 4, 5, 6, 7]
    assert pool.starmap(mul, [(1, 2), (3, 4)]) == [2, 12]
    assert pool.starmap_async(mul, [(i, i) for i in range(9)], chunksize=2).get() == [i * i for i in range(9)]
    error = raises(KeyError, pool.map, fail, range(3))
    assert error.args[0].startswith("bad")
    raises(ValueError, pool.map, fail_large, range(10))
    raises(TypeError, pool.map, sqr, 5)


def test_callbacks():
    calls, errors = [], []
    pool.map_async(sqr, range(4), callback=calls.append).wait()
    pool.starmap_async(mul, [(2, 3)], callback=calls.append).wait()
    pool.apply_async(sqr, (6,), callback=calls.append).wait()
    pool.apply_async(fail, (1,), callback=calls.append, error_callback=errors.append).wait()
    result = pool.map_async(fail, [1], error_callback=errors.append)
    result.wait()
    assert calls == [[0, 1, 4, 9], [6], 36] and not result.successful()
    assert [type(error) for error in errors] == [KeyError, KeyError]


def test_imap():
    assert list(pool.imap(sqr, range(10))) == [sqr(x) for x in range(10)]
    assert list(pool.imap(sqr, range(1000), chunksize=100)) == [sqr(x) for x in range(1000)]
    assert sorted(pool.imap_unordered(sqr, range(50), chunksize=3)) == [sqr(x) for x in range(50)]
    iterator = pool.imap(sqr, [1, 2])
    assert iter(iterator) is iterator and next(iterator) == 1 and iterator.next(timeout=60) == 4
    raises(StopIteration, next, iterator)
    go = mp.Event()
    iterator = pool.imap(lambda _: go.wait(), [1])
    raises(mp.TimeoutError, iterator.next, timeout=0.01)
    go.set()
    assert iterator.next() is True
    raises(ValueError, pool.imap, sqr, [1], 0)
    assert list(pool.imap(sqr, [])) == []


def test_imap_errors():
    iterator = pool.imap(fail_large, range(7))
    assert [next(iterator) for _ in range(5)] == [0, 1, 2, 3, 4]
    raises(ValueError, next, iterator)
    raises(ValueError, next, iterator)
    raises(StopIteration, next, iterator)

    def items():
        yield 1
        raise OSError("no more")

    iterator = pool.imap(sqr, items())
    assert next(iterator) == 1
    raises(OSError, next, iterator, text="no more")
    raises(StopIteration, next, iterator)
    raises(OSError, list, pool.imap_unordered(sqr, items()))


def test_imap_of_an_endless_iterator():
    def count():
        number = 0
        while True:
            yield number
            number += 1

    with mp.Pool(2) as workers:
        iterator = workers.imap(sqr, count())
        assert [next(iterator) for _ in range(50)] == [x * x for x in range(50)]


def test_traceback():
    error = raises(KeyError, pool.apply, fail, (1,))
    assert type(error.__cause__) is RemoteTraceback
    assert "KeyError: 'bad 1'" in str(error.__cause__) and "in fail" in str(error.__cause__)


class Strange(Exception):
    def __init__(self, first, second):
        super().__init__("only one")


def test_what_cannot_be_sent():
    raises(TypeError, pool.apply, sqr, ((n for n in "ab"),))
    raises(TypeError, pool.map, sqr, [1, (n for n in "ab")])
    error = raises(MaybeEncodingError, pool.apply, lambda: (n for n in "ab"))
    assert "Error sending result" in str(error)

    def strange():
        raise Strange(1, 2)

    raises(Exception, pool.apply, strange)
    assert pool.map(sqr, range(4)) == [0, 1, 4, 9]


def test_initializer():
    def prepare(value):
        global prepared
        prepared = value

    with mp.Pool(2, prepare, (5,)) as workers:
        assert workers.map(lambda x: x + prepared, range(3)) == [5, 6, 7]
    raises(TypeError, mp.Pool, 1, 5, text="initializer must be a callable")


def test_initializer_that_fails():
    def prepare():
        sys.stderr = open(os.devnull, "w")
        raise OSError("not today")

    with mp.Pool(2, prepare) as workers:
        result = workers.apply_async(sqr, (2,))
        error = raises(mp.ProcessError, result.get, text="initializer")
        assert isinstance(error.__cause__, OSError)
        raises(mp.ProcessError, workers.apply, sqr, (2,))


def test_arguments():
    for processes in (0, -1):
        raises(ValueError, mp.Pool, processes, text="at least 1")
    for limit in (0, -1, "12"):
        raises(ValueError, mp.Pool, 1, maxtasksperchild=limit)
    raises(NotImplementedError, pool.__reduce__)


def test_max_tasks():
    with mp.Pool(3, maxtasksperchild=4) as workers:
        before = {worker.pid for worker in workers._pool}
        results = [workers.apply_async(lambda x: (x, os.getpid()), (x,)) for x in range(40)]
        values = [result.get() for result in results]
        assert [x for x, _ in values] == list(range(40))
        pids = [pid for _, pid in values]
        assert set(pids) - before and max(map(pids.count, pids)) <= 4
        workers.close()
        workers.join()


def test_workers_are_replaced():
    with mp.Pool(3) as workers:
        before = [worker.pid for worker in workers._pool]
        for worker in list(workers._pool):
            worker.terminate()
            worker.join()
        assert workers.map(sqr, range(10)) == [x * x for x in range(10)]
        # The pool may hear of an end after those who waited for it.
        while set(before) & {worker.pid for worker in workers._pool}:
            time.sleep(0.001)
        assert len(workers._pool) == 3


def test_worker_that_dies_in_a_task():
    with mp.Pool(2) as workers:
        for end in (lambda x: os._exit(3), lambda x: sys.exit(0)):
            raises(mp.ProcessError, workers.map, end, [1])
        started = mp.Event()
        result = workers.apply_async(lambda: (started.set(), time.sleep(1000)))
        started.wait()
        # A list, because a worker that has ended leaves the pool's own at any time.
        for worker in list(workers._pool):
            worker.kill()
        raises(mp.ProcessError, result.get, text="ended while it ran this task")
        assert workers.map(sqr, range(10)) == [x * x for x in range(10)]


def test_close_and_join():
    workers = mp.Pool(3)
    raises(ValueError, workers.join, text="still running")
    result = workers.map_async(sqr, range(10), chunksize=1)
    iterator = workers.imap(sqr, range(100))
    workers.close()
    workers.join()
    assert result.get() == [x * x for x in range(10)] and list(iterator) == [x * x for x in range(100)]
    raises(ValueError, workers.apply, sqr, (1,), text="Pool not running")
    raises(ValueError, workers.map, sqr, [1])
    raises(ValueError, workers.imap, sqr, [1])
    assert repr(workers) == "<multiprocessing.pool.Pool state=CLOSE pool_size=0>"


def test_terminate():
    workers = mp.Pool(2)
    results = workers.map_async(time.sleep, [1000] * 20, chunksize=1)
    workers.terminate()
    workers.join()
    raises(mp.ProcessError, results.get, text="terminated")


def test_with():
    with mp.Pool(2) as workers:
        result = workers.map_async(sqr, range(3))
        assert result.get() == [0, 1, 4]
    raises(ValueError, workers.map_async, sqr, range(3))
    workers.join()


def test_workers():
    name, daemon = pool.apply(lambda: (mp.current_process().name, mp.current_process().daemon))
    assert "PoolWorker" in name and daemon
    raises(AssertionError, pool.apply, lambda: mp.Process(target=print).start())


def test_thread_pool():
    with ThreadPool(2) as threads:
        assert threads.map(sqr, range(10)) == [x * x for x in range(10)]
        assert threads.apply(os.getpid) == os.getpid()
        seen = []
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert threads.map(seen.append, range(3)) == [None] * 3
            threads.map(seen.append, [3])
        assert seen == [0, 1, 2, 3] and [w.category for w in caught] == [RuntimeWarning]
        raises(KeyError, threads.apply, fail, (1,))
        threads.close()
        threads.join()


def test_thread_pool_initializer():
    def remember():
        global remembered
        remembered = threading.get_ident()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with ThreadPool(2, remember) as threads:
            threads.apply(sqr, (1,))
            assert remembered == threading.get_ident()


def test_map_whose_last_chunk_is_sent_when_all_others_are_answered():
    from multiprocessing import _results

    native = _results._ungil
    with Pool(2) as pool:

        class Late:
            """The native module, with tickets that are made when nothing is under way any more."""

            def __getattr__(self, name):
                return getattr(native, name)

            def channel(self, capacity):
                while any(job._tickets for job in list(pool._jobs.values())):
                    time.sleep(0.001)
                return native.channel(capacity)

        _results._ungil = Late()
        try:
            assert pool.map_async(sqr, range(4), chunksize=1).get(timeout=120) == [0, 1, 4, 9]
        finally:
            _results._ungil = native
        assert not pool._jobs


def test_bursts():
    """Results of many calls in quick succession are taken in together; none is left behind."""
    with Pool(2) as pool:
        called = []
        results = [pool.apply_async(sqr, (n,), callback=called.append) for n in range(300)]
        assert [result.get(timeout=120) for result in results] == [n * n for n in range(300)]
        assert sorted(called) == [n * n for n in range(300)]
        # Nothing waits but for the last answers, and nobody asks for them.
        results = [pool.apply_async(sqr, (n,)) for n in range(50)]
        while not all(result.ready() for result in results):
            time.sleep(0.001)


if __name__ == "__main__":
    pool = mp.Pool(4)
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
    pool.close()
    pool.join()
