"""add_done_callback()."""

import io
import logging
import time
from concurrent.futures import Future, ProcessPoolExecutor, as_completed, wait

from checks import ALL_EXECUTORS, raised


def test_called_when_done():
    for complete, check in [
        (lambda future: future.set_result(5), lambda future: future.result() == 5),
        (lambda future: future.set_exception(ValueError("x")), lambda future: str(future.exception()) == "x"),
        (lambda future: future.cancel(), lambda future: future.cancelled()),
    ]:
        called = []
        future = Future()
        future.add_done_callback(called.append)
        assert called == []
        complete(future)
        assert called == [future] and check(called[0])


def test_called_at_once_when_done_before():
    for complete in (lambda f: f.set_result(5), lambda f: f.set_exception(ValueError("x")), lambda f: f.cancel()):
        called = []
        future = Future()
        complete(future)
        future.add_done_callback(called.append)
        assert called == [future]


def test_order_and_errors():
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logger = logging.getLogger("concurrent.futures")
    logger.addHandler(handler)
    try:
        called = []
        future = Future()
        future.add_done_callback(lambda _: called.append(1))
        future.add_done_callback(lambda _: 1 / 0)
        future.add_done_callback(lambda _: called.append(2))
        future.set_result(None)
        assert called == [1, 2]
        assert "exception calling callback" in log.getvalue() and "ZeroDivisionError" in log.getvalue()
    finally:
        logger.removeHandler(handler)


def test_base_exception_is_passed_on():
    class Stop(BaseException):
        pass

    def stop(_future):
        raise Stop

    future = Future()
    future.add_done_callback(stop)
    raised(Stop, future.set_result, None)


def test_delivered_while_waiting_and_while_computing():
    for executor_type in ALL_EXECUTORS:
        with executor_type(2) as executor:
            called = []
            first = executor.submit(pow, 2, 5)
            first.add_done_callback(lambda future: called.append(future.result()))
            assert first.result() == 32
            assert called == [32]
            second = executor.submit(pow, 2, 6)
            second.add_done_callback(lambda future: called.append(future.result()))
            steps = 0
            # No wait here: the delivery comes between two steps of the loop.
            while len(called) < 2:
                steps += 1
            assert called == [32, 64]


def test_callback_submits_and_waits():
    with ProcessPoolExecutor(2) as executor:
        seen = []

        def follow(future):
            seen.append(executor.submit(pow, future.result(), 2).result())

        first = executor.submit(pow, 3, 2)
        first.add_done_callback(follow)
        first.result()
        while not seen:
            executor.submit(pow, 1, 1).result()
        assert seen == [81]


def test_results_of_a_burst_are_all_told():
    """Those of many calls in quick succession are taken in together, whoever waits for them, or nobody."""
    for make in ALL_EXECUTORS:
        with make(2) as executor:
            called = []
            futures = [executor.submit(abs, -n) for n in range(300)]
            for future in futures:
                future.add_done_callback(lambda future: called.append(future.result()))
            assert [future.result(120) for future in futures] == list(range(300))
            assert sorted(called) == list(range(300))

            futures = [executor.submit(abs, -n) for n in range(50)]
            assert {future.result() for future in as_completed(futures, 120)} == set(range(50))
            futures = [executor.submit(abs, -n) for n in range(50)]
            assert wait(futures, 120).not_done == set()
            futures = [executor.submit(abs, -n) for n in range(50)]
            while not all(future.done() for future in futures):
                time.sleep(0.001)


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
