"""initializer and initargs."""

import logging
import os
import warnings
from concurrent.futures import BrokenExecutor, InterpreterPoolExecutor, ProcessPoolExecutor, ThreadPoolExecutor

import ungil
from checks import ALL_EXECUTORS, raised

STATUS = "nothing"


def set_up(text):
    global STATUS
    STATUS = text


def status():
    return STATUS


def fail():
    raise ValueError("no equipment")


def test_runs_in_each_worker_first():
    for executor_type in (ProcessPoolExecutor, InterpreterPoolExecutor):
        counter, meeting = ungil.Counter(), ungil.Barrier(3)
        with executor_type(3, initializer=counter.add, initargs=(1,)) as executor:
            assert len([future.result() for future in [executor.submit(meeting.wait) for _ in range(3)]]) == 3
        assert counter.get() == 3


def test_what_it_sets_is_seen_by_calls():
    for executor_type in (ProcessPoolExecutor, InterpreterPoolExecutor):
        with executor_type(2, initializer=set_up, initargs=("ready",)) as executor:
            assert {future.result() for future in [executor.submit(status) for _ in range(5)]} == {"ready"}
        assert STATUS == "nothing"


def test_of_threads_that_sets_a_global():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        with ThreadPoolExecutor(2, initializer=set_up, initargs=("ready",)) as executor:
            assert {future.result() for future in [executor.submit(status) for _ in range(5)]} == {"ready"}
    assert STATUS == "ready"


def test_that_fails():
    logging.getLogger("concurrent.futures").setLevel(logging.CRITICAL + 1)
    for executor_type in ALL_EXECUTORS:
        executor = executor_type(2, initializer=fail)
        error = raised(BrokenExecutor, executor.submit(status).result)
        assert "initializer" in str(error) and "no equipment" in str(error.__cause__), error
        error = raised(BrokenExecutor, executor.submit, status)
        assert "initializer" in str(error)
        executor.shutdown()
        with executor_type(2, initializer=fail) as executor:
            futures = []
            try:
                for _ in range(10):
                    futures.append(executor.submit(status))
            except BrokenExecutor:
                pass
            for future in futures:
                raised(BrokenExecutor, future.result)


def test_that_exits():
    with ProcessPoolExecutor(1, initializer=os._exit, initargs=(3,)) as executor:
        error = raised(BrokenExecutor, executor.submit(status).result)
        assert "status 3" in str(error), error


def test_that_is_none():
    for executor_type in ALL_EXECUTORS:
        error = raised(TypeError, executor_type, initializer=7)
        assert str(error) == "initializer must be a callable"


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
