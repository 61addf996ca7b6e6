"""wait()."""

import ungil
from concurrent.futures import (
    ALL_COMPLETED,
    FIRST_COMPLETED,
    FIRST_EXCEPTION,
    Future,
    InterpreterPoolExecutor,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)

from checks import ALL_EXECUTORS, raised


def fail_after(event):
    event.wait()
    raise ValueError("as it should")


def done_future():
    future = Future()
    future.set_result(1)
    return future


def failed_future():
    future = Future()
    future.set_exception(OSError())
    return future


def cancelled_future():
    future = Future()
    future.cancel()
    future.set_running_or_notify_cancel()
    return future


def test_duplicates_and_nothing():
    future = done_future()
    done, not_done = wait([future, future])
    assert done == {future} and not_done == set()
    assert wait([]) == (set(), set())


def test_first_completed():
    for executor_type in ALL_EXECUTORS:
        with executor_type(2) as executor:
            go = ungil.Event()
            first, second = executor.submit(pow, 21, 2), executor.submit(go.wait)
            done, not_done = wait([Future(), first, second], return_when=FIRST_COMPLETED)
            assert done == {first} and second in not_done and len(not_done) == 2
            go.set()


def test_first_completed_some_already():
    pending = Future()
    done, not_done = wait([cancelled_future(), done_future(), pending], return_when=FIRST_COMPLETED)
    assert len(done) == 2 and not_done == {pending}


def test_first_exception():
    for executor_type in ALL_EXECUTORS:
        with executor_type(3) as executor:
            go, never = ungil.Event(), ungil.Event()
            good, bad, waiting = executor.submit(pow, 2, 21), executor.submit(fail_after, go), executor.submit(never.wait)
            go.set()
            done, not_done = wait([good, bad, waiting], return_when=FIRST_EXCEPTION)
            assert bad in done and not_done >= {waiting}
            never.set()


def test_first_exception_already_there():
    pending = Future()
    done, not_done = wait([failed_future(), pending], return_when=FIRST_EXCEPTION)
    assert len(done) == 1 and not_done == {pending}


def test_first_exception_of_none():
    with ProcessPoolExecutor(2) as executor:
        futures = [executor.submit(pow, 2, n) for n in range(5)] + [cancelled_future()]
        done, not_done = wait(futures, return_when=FIRST_EXCEPTION)
        assert done == set(futures) and not not_done


def test_all_completed():
    for executor_type in ALL_EXECUTORS:
        with executor_type(2) as executor:
            futures = [executor.submit(divmod, 21, n) for n in range(3)] + [done_future(), failed_future()]
            done, not_done = wait(futures, return_when=ALL_COMPLETED)
            assert done == set(futures) and not not_done


def test_timeout():
    with InterpreterPoolExecutor(2) as executor:
        never = ungil.Event()
        quick, slow = executor.submit(pow, 2, 2), executor.submit(never.wait)
        quick.result()
        for return_when in (ALL_COMPLETED, FIRST_EXCEPTION):
            done, not_done = wait([quick, slow], timeout=0.05, return_when=return_when)
            assert done == {quick} and not_done == {slow}
        never.set()
    assert wait([Future()], timeout=0).done == set()


def test_cancelled_counts():
    with ProcessPoolExecutor(1) as executor:
        go = ungil.Event()
        running, waiting = executor.submit(go.wait), [executor.submit(pow, 1, 1) for _ in range(5)]
        assert all(future.cancel() for future in waiting)
        done, not_done = wait([running, *waiting], return_when=FIRST_COMPLETED)
        assert done == set(waiting) and not_done == {running}
        go.set()


def test_pending_calls_race():
    go = ungil.Event()
    with ThreadPoolExecutor(4) as executor:
        futures = {executor.submit(go.wait) for _ in range(50)}
        go.set()
        done, not_done = wait(futures, return_when=ALL_COMPLETED)
        assert done == futures and not not_done


def test_bad_condition():
    raised(ValueError, wait, [done_future()], return_when="SOMETIME")


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
