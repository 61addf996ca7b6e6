"""The end of executors: on purpose, when dropped, and at the end of a script."""

import gc
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

import ungil
from checks import ALL_EXECUTORS, raised


def test_no_calls_afterwards():
    for executor_type in ALL_EXECUTORS:
        executor = executor_type(1)
        executor.shutdown()
        error = raised(RuntimeError, executor.submit, pow, 2, 5)
        assert str(error) == "cannot schedule new futures after shutdown"
        executor.shutdown()


def test_calls_made_come_to_their_end():
    for executor_type in ALL_EXECUTORS:
        executor = executor_type(2)
        futures = [executor.submit(pow, n, 2) for n in range(50)]
        executor.shutdown()
        assert all(future.done() for future in futures)
        assert [future.result() for future in futures] == [n * n for n in range(50)]


def test_without_waiting():
    for executor_type in ALL_EXECUTORS:
        executor = executor_type(2)
        go = ungil.Event()
        futures = [executor.submit(go.wait) for _ in range(5)]
        executor.shutdown(wait=False)
        raised(RuntimeError, executor.submit, pow, 2, 5)
        assert not any(future.done() for future in futures)
        go.set()
        assert all(future.result() for future in futures)


def test_cancel_futures():
    for executor_type in ALL_EXECUTORS:
        executor = executor_type(2)
        started, go = ungil.Semaphore(0), ungil.Event()
        futures = [executor.submit(lambda a, b: (a.release(), b.wait()), started, go) for _ in range(50)]
        started.acquire()
        started.acquire()
        executor.shutdown(wait=False, cancel_futures=True)
        cancelled = [future for future in futures if future.cancelled()]
        assert len(cancelled) == 48, len(cancelled)
        go.set()
        assert [future.result()[1] for future in futures if not future.cancelled()] == [True, True]
        executor.shutdown()


def test_workers_end():
    for executor_type in ALL_EXECUTORS:
        executor = executor_type(3)
        list(executor.map(abs, range(-5, 5)))
        workers = list(executor._crew.workers.values())
        assert workers
        executor.shutdown()
        assert not executor._crew.workers
        assert not any(worker.is_alive() for worker in workers)


def test_dropped():
    for executor_type in ALL_EXECUTORS:
        executor = executor_type(2)
        go = ungil.Event()
        future = executor.submit(go.wait)
        workers = list(executor._crew.workers.values())
        del executor
        gc.collect()
        go.set()
        assert future.result() is True
        for worker in workers:
            assert worker.join(60)


def test_map_of_a_dropped_executor():
    for executor_type in ALL_EXECUTORS:
        results = executor_type(2).map(abs, range(-5, 5))
        assert list(results) == [abs(n) for n in range(-5, 5)]


def test_many_at_once():
    for executor_type in ALL_EXECUTORS:
        with executor_type(1) as executor:
            futures = [executor.submit(abs, -n) for n in range(500)]
        assert [future.result() for future in futures] == list(range(500))


def end_of_script(source):
    outcome = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60)
    return outcome.returncode, outcome.stdout, outcome.stderr


def test_end_of_script():
    for executor_type in ALL_EXECUTORS:
        source = f"""
import time
from concurrent.futures import {executor_type.__name__}

def say(text):
    time.sleep(0.05)
    print(text, flush=True)

executor = {executor_type.__name__}(1)
executor.submit(say, "apple")
executor.submit(say, "pear")
"""
        assert end_of_script(source) == (0, "apple\npear\n", "")


def test_submitted_at_the_end_of_script():
    source = """
import atexit
from concurrent.futures import ProcessPoolExecutor

@atexit.register
def late():
    try:
        executor.submit(print, "never")
    except RuntimeError as error:
        print(error)

executor = ProcessPoolExecutor(1)
executor.submit(abs, 1).result()
import concurrent.futures.process, _ungil_crew
atexit.unregister(late)
atexit.unregister(_ungil_crew._end_all)
atexit.register(late)
atexit.register(_ungil_crew._end_all)
"""
    assert end_of_script(source) == (0, "cannot schedule new futures after interpreter shutdown\n", "")


def test_exception_of_the_script():
    source = """
from concurrent.futures import ProcessPoolExecutor
executor = ProcessPoolExecutor(2)
executor.submit(abs, 1)
raise SystemExit(3)
"""
    assert end_of_script(source) == (3, "", "")


def test_hang_of_a_call_in_the_queue():
    executor = ProcessPoolExecutor(1)
    futures = [executor.submit(abs, n) for n in range(10)]
    executor.shutdown(wait=False)
    assert [future.result() for future in futures] == list(range(10))


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
