"""as_completed()."""

import gc
import weakref

import ungil
from concurrent.futures import Future, ProcessPoolExecutor, as_completed

from checks import ALL_EXECUTORS, raised


def done_future(result=None):
    future = Future()
    future.set_result(result)
    return future


def test_all_come():
    for executor_type in ALL_EXECUTORS:
        with executor_type(2) as executor:
            cancelled = Future()
            cancelled.cancel()
            cancelled.set_running_or_notify_cancel()
            futures = {executor.submit(pow, 2, n) for n in range(20)} | {cancelled, done_future()}
            assert set(as_completed(futures)) == futures


def test_in_order_of_completion():
    with ProcessPoolExecutor(2) as executor:
        go = ungil.Event()
        late, early = executor.submit(go.wait), executor.submit(pow, 1, 1)
        order = as_completed([late, early])
        assert next(order) is early
        go.set()
        assert next(order) is late
        raised(StopIteration, next, order)


def test_times_out():
    pending = Future()
    for timeout in (0, 0.05):
        done = done_future()
        seen = []

        def collect():
            for future in as_completed([done, pending], timeout=timeout):
                seen.append(future)

        error = raised(TimeoutError, collect)
        assert seen == [done]
        assert str(error) == "1 (of 2) futures unfinished", error


def test_duplicates():
    with ProcessPoolExecutor(1) as executor:
        future = executor.submit(pow, 1, 1)
        assert list(as_completed([future, future])) == [future]


def test_no_reference_is_kept():
    futures = [Future() for _ in range(4)]
    dead = Future()
    dead.cancel()
    dead.set_running_or_notify_cancel()
    futures.append(dead)
    first = futures[0]
    iterator = as_completed(futures)
    futures.clear()
    del dead
    future = next(iterator)
    gone = weakref.ref(future)
    del future
    gc.collect()
    assert gone() is None
    first.set_result(None)
    assert next(iterator) is first


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
