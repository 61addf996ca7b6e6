"""What all executors do."""

import gc
import itertools
import os
import threading
import time
import weakref
from concurrent.futures import Executor, Future, ProcessPoolExecutor

import ungil
from checks import ALL_EXECUTORS, raised


def square(n):
    return n * n


def keywords(*args, **kwargs):
    return args, sorted(kwargs.items())


class Falsey(Exception):
    def __bool__(self):
        return False

    def __len__(self):
        return 0


def raise_falsey():
    raise Falsey("no")


def test_submit():
    for executor_type in ALL_EXECUTORS:
        with executor_type(2) as executor:
            assert executor.submit(pow, 2, 8).result() == 256
            assert executor.submit(square, 7).result() == 49
            assert executor.submit(lambda n: n + 1, 7).result() == 8
            expected = (1,), [("fn", 3), ("self", 2)]
            assert executor.submit(keywords, 1, self=2, fn=3).result() == expected
            raised(TypeError, executor.submit)
            raised(TypeError, executor.submit, fn=keywords, arg=1)


def test_map():
    for executor_type in ALL_EXECUTORS:
        with executor_type(2) as executor:
            assert list(executor.map(pow, range(10), range(10))) == list(map(pow, range(10), range(10)))
            assert list(executor.map(square, range(100))) == [n * n for n in range(100)]
            assert list(executor.map(square, [])) == []
            assert list(executor.map(pow, range(3), itertools.count())) == [1, 1, 4]


def test_map_exception():
    for executor_type in ALL_EXECUTORS:
        with executor_type(2) as executor:
            results = executor.map(divmod, [1, 1, 1, 1], [2, 3, 0, 5])
            assert next(results) == (0, 1)
            assert next(results) == (0, 1)
            raised(ZeroDivisionError, next, results)
            raised(StopIteration, next, results)


def test_map_timeout():
    for executor_type in ALL_EXECUTORS:
        with executor_type(2) as executor:
            late = ungil.Event()
            results = executor.map(lambda event: event.wait(), [late, late], timeout=0.05)
            raised(TimeoutError, next, results)
            results = executor.map(lambda event: event.wait(), [late] * 50, timeout=0.05)
            raised(TimeoutError, next, results)
            late.set()
            assert list(executor.map(abs, [-1] * 20, timeout=60)) == [1] * 20


def test_map_starts_at_once():
    for executor_type in ALL_EXECUTORS:
        with executor_type(2) as executor:
            done = ungil.Counter()
            executor.map(lambda counter: counter.add(1), [done] * 5)
        assert done.get() == 5


def test_map_buffersize_checked():
    for executor_type in ALL_EXECUTORS:
        with executor_type(1) as executor:
            for wrong in ("foo", 2.5):
                error = raised(TypeError, executor.map, str, range(4), buffersize=wrong)
                assert str(error) == "buffersize must be an integer or None"
            for wrong in (0, -1):
                error = raised(ValueError, executor.map, str, range(4), buffersize=wrong)
                assert str(error) == "buffersize must be None or > 0"


def test_map_buffersize():
    for executor_type in ALL_EXECUTORS:
        with executor_type(2) as executor:
            for size in (1, 2, 3, 100):
                assert list(executor.map(square, range(20), buffersize=size)) == [n * n for n in range(20)]
            assert list(executor.map(square, [], buffersize=2)) == []
            endless = executor.map(square, itertools.count(), buffersize=2)
            assert list(itertools.islice(endless, 5)) == [0, 1, 4, 9, 16]
            endless.close()
            assert next(executor.map(str, itertools.count(), buffersize=3)) == "0"


def test_map_buffersize_is_lazy():
    for executor_type in ALL_EXECUTORS:
        with executor_type(2) as executor:
            numbers = iter(range(10))
            results = executor.map(str, numbers, buffersize=3)
            assert next(numbers) == 3, "three were read"
            assert next(results) == "0"
            assert next(numbers) == 5, "and one more when a result was taken"
            results.close()


def test_at_the_same_time():
    for executor_type in ALL_EXECUTORS:
        with executor_type(3) as executor:
            meeting = ungil.Barrier(3)
            futures = [executor.submit(meeting.wait) for _ in range(3)]
            assert sorted(future.result(timeout=60) for future in futures) == [0, 1, 2]


def test_workers_on_demand_and_used_again():
    for executor_type in ALL_EXECUTORS:
        with executor_type(4) as executor:
            assert executor.submit(pow, 1, 1).result() == 1
            assert executor.submit(pow, 1, 1).result() == 1
            assert len(executor._crew.workers) == 1
            go = ungil.Event()
            futures = [executor.submit(go.wait) for _ in range(10)]
            assert len(executor._crew.workers) == 4
            go.set()
            assert all(future.result() for future in futures)


def test_cancel_and_running():
    for executor_type in ALL_EXECUTORS:
        with executor_type(1) as executor:
            started, go = ungil.Event(), ungil.Event()
            first = executor.submit(lambda a, b: (a.set(), b.wait()), started, go)
            others = [executor.submit(square, n) for n in range(20)]
            started.wait()
            assert first.running() and not first.cancel()
            assert not any(future.running() for future in others)
            assert others[3].cancel() and others[3].cancelled() and others[3].cancel()
            assert others[19].cancel()
            go.set()
            for n, future in enumerate(others):
                if n in (3, 19):
                    assert future.cancelled()
                else:
                    assert future.result() == n * n
            assert not first.cancel() and not first.running()


def test_order_is_kept():
    for executor_type in ALL_EXECUTORS:
        sender, receiver = ungil.unbounded_channel()
        with executor_type(1) as executor:
            futures = [executor.submit(sender.send, n) for n in range(50)]
            futures[25].cancel()
            futures[40].running()
        order = [receiver.recv() for _ in range(len(receiver))]
        assert order == sorted(order) and len(order) >= 49, order


def test_wrong_max_workers():
    for executor_type in ALL_EXECUTORS:
        for number in (0, -1):
            error = raised(ValueError, executor_type, max_workers=number)
            assert str(error) == "max_workers must be greater than 0"
    processors = os.process_cpu_count() or 1
    defaults = [executor_type()._max_workers for executor_type in ALL_EXECUTORS]
    assert defaults == [processors, min(32, processors + 4), min(32, processors + 4)]


def test_falsey_exceptions():
    for executor_type in ALL_EXECUTORS:
        with executor_type(1) as executor:
            raised(Falsey, executor.submit(raise_falsey).result)
            raised(Falsey, list, executor.map(lambda _: raise_falsey(), [1]))


def test_arguments_are_freed():
    class Thing:
        pass

    with ProcessPoolExecutor(1) as executor:
        thing = Thing()
        gone = weakref.ref(thing)
        executor.submit(type, thing).result()
        del thing
        gc.collect()
        assert gone() is None
        for result in executor.map(lambda n: Thing(), range(3)):
            freed = weakref.ref(result)
            del result
            gc.collect()
            assert freed() is None


def test_timeout_of_result():
    with ProcessPoolExecutor(1) as executor:
        go = ungil.Event()
        future = executor.submit(go.wait)
        before = time.monotonic()
        raised(TimeoutError, future.result, timeout=0.05)
        raised(TimeoutError, future.exception, timeout=0.05)
        assert time.monotonic() - before >= 0.1
        go.set()
        assert future.result() is True


def test_executor_of_ones_own():
    class Here(Executor):
        def submit(self, fn, /, *args, **kwargs):
            future = Future()
            future.set_running_or_notify_cancel()
            future.set_result(fn(*args, **kwargs))
            return future

    with Here() as executor:
        assert list(executor.map(square, range(5))) == [0, 1, 4, 9, 16]
        assert list(executor.map(square, range(5), buffersize=2)) == [0, 1, 4, 9, 16]


def test_in_a_worker():
    def inner(n):
        with ProcessPoolExecutor(2) as executor:
            return list(executor.map(lambda k: k + n, range(3)))

    with ProcessPoolExecutor(2) as executor:
        assert list(executor.map(inner, [10, 20])) == [[10, 11, 12], [20, 21, 22]]


assert threading.active_count() >= 1
for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
