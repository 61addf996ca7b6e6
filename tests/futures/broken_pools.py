"""Workers that die, and things that do not cross: every wait ends, and what can go on goes on."""

import logging
import os
import signal
from concurrent.futures import InterpreterPoolExecutor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import ungil
from checks import raised

logging.getLogger("concurrent.futures").setLevel(logging.CRITICAL + 1)


class FailsToPack:
    def __reduce__(self):
        raise ValueError("it will not be packed")


class FailsToOpen:
    def __reduce__(self):
        return fail_to_open, ()


def fail_to_open():
    raise ValueError("it will not be opened")


class ExitsWhenOpened:
    def __reduce__(self):
        return os._exit, (1,)


class Exits:
    def __reduce__(self):
        os._exit(1)


class UnpackableError(Exception):
    def __reduce__(self):
        raise ValueError("it will not be packed")


def raise_unpackable():
    raise UnpackableError("inner text")


def test_a_call_that_cannot_be_packed():
    for executor_type in (ProcessPoolExecutor, InterpreterPoolExecutor):
        with executor_type(2) as executor:
            raised(ValueError, executor.submit(id, FailsToPack()).result)
            raised(ungil.NotShareableError, executor.submit(id, (n for n in ())).result)
            assert executor.submit(abs, -1).result() == 1
            results = executor.map(str, [1, FailsToPack(), 3])
            assert next(results) == "1"
            raised(ValueError, next, results)


def test_a_call_that_cannot_be_opened():
    with ProcessPoolExecutor(1) as executor:
        error = raised(ValueError, executor.submit(id, FailsToOpen()).result)
        assert "opened" in str(error)
        assert executor.submit(abs, -1).result() == 1


def test_a_result_that_cannot_be_packed():
    with ProcessPoolExecutor(1) as executor:
        raised(ValueError, executor.submit(FailsToPack).result)
        assert executor.submit(abs, -1).result() == 1


def test_a_result_that_cannot_be_opened():
    with ProcessPoolExecutor(1) as executor:
        raised(ValueError, executor.submit(FailsToOpen).result)
        assert executor.submit(abs, -1).result() == 1


def test_an_exception_that_cannot_be_packed():
    with ProcessPoolExecutor(1) as executor:
        error = raised(RuntimeError, executor.submit(raise_unpackable).result)
        assert "UnpackableError" in str(error) and "inner text" in str(error), error
        assert executor.submit(abs, -1).result() == 1


def test_a_worker_that_exits():
    executor = ProcessPoolExecutor(2)
    submitted = ungil.Event()
    exits = executor.submit(lambda event: (event.wait(), os._exit(3)), submitted)
    others = [executor.submit(abs, n) for n in range(20)]
    submitted.set()
    error = raised(BrokenProcessPool, exits.result)
    assert "status 3" in str(error), error
    for future in others:
        if future.exception() is not None:
            assert isinstance(future.exception(), BrokenProcessPool)
    raised(BrokenProcessPool, executor.submit, abs, 1)
    executor.shutdown()


def test_a_worker_that_is_killed():
    executor = ProcessPoolExecutor(1)
    never = ungil.Event()
    future = executor.submit(never.wait)
    (pid,) = executor._processes
    os.kill(pid, signal.SIGKILL)
    error = raised(BrokenProcessPool, future.result)
    assert "signal 9" in str(error), error
    executor.shutdown()


def test_an_idle_worker_that_is_killed():
    executor = ProcessPoolExecutor(1)
    executor.submit(abs, 1).result()
    ((_, worker),) = executor._processes.items()
    worker.terminate()
    worker.join()
    raised(BrokenProcessPool, lambda: executor.submit(abs, 1).result())
    executor.shutdown()


def test_a_worker_that_exits_while_it_opens_or_packs():
    for function, *args in [(id, ExitsWhenOpened()), (Exits,)]:
        executor = ProcessPoolExecutor(2)
        future = executor.submit(function, *args)
        raised(BrokenProcessPool, future.result)
        executor.shutdown()


def test_a_map_over_a_broken_pool():
    executor = ProcessPoolExecutor(2)
    # The first can be gone before the last is submitted.
    raised(BrokenProcessPool, lambda: list(executor.map(os._exit, [1, 1, 1])))
    executor.shutdown()


def test_shutdown_of_a_broken_pool_without_waiting():
    executor = ProcessPoolExecutor(2)
    future = executor.submit(os._exit, 1)
    executor.shutdown(wait=False)
    raised(BrokenProcessPool, future.result)


def test_a_worker_that_ends_in_a_lock():
    lock, started = ungil.Lock(), ungil.Event()
    executor = ProcessPoolExecutor(1)
    executor.submit(lambda lock, started: (lock.acquire(), started.set(), ungil.Event().wait()), lock, started)
    started.wait()
    executor.kill_workers()
    assert lock.acquire(timeout=60), "it was released for the worker that held it"


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
