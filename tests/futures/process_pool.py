"""ProcessPoolExecutor: processes, chunks, tracebacks, workers that are replaced."""

import os
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import ungil
from checks import raised


def inverse(n):
    return 1 / n


def identity():
    return os.getpid(), os.getppid()


class Marked(Exception):
    def __init__(self, number, reason):
        super().__init__(number, reason)
        self.number = number


def raise_marked():
    try:
        raise KeyError("inner")
    except KeyError as error:
        raise Marked(7, "why") from error


def test_pids():
    with ProcessPoolExecutor(2) as executor:
        meeting = ungil.Barrier(2)
        pids = [executor.submit(lambda b: (b.wait(), os.getpid(), os.getppid())[1:], meeting) for _ in range(2)]
        pids = [future.result() for future in pids]
        assert len({pid for pid, _ in pids}) == 2 and {parent for _, parent in pids} == {os.getpid()}
        assert {pid for pid, _ in pids} == set(executor._processes)
        assert os.getpid() not in executor._processes


def test_chunks():
    with ProcessPoolExecutor(2) as executor:
        for size in (1, 2, 6, 7, 100):
            assert list(executor.map(pow, range(40), [3] * 40, chunksize=size)) == [n**3 for n in range(40)]
        assert list(executor.map(abs, [], chunksize=3)) == []
        error = raised(ValueError, executor.map, pow, range(4), range(4), chunksize=-1)
        assert str(error) == "chunksize must be >= 1."
        assert list(executor.map(abs, range(10), chunksize=3, buffersize=2)) == list(range(10))
        raised(ZeroDivisionError, list, executor.map(inverse, [1, 0], chunksize=2))


def test_traceback_is_the_cause():
    with ProcessPoolExecutor(1) as executor:
        error = raised(ZeroDivisionError, executor.submit(inverse, 0).result)
        told = str(error.__cause__)
        assert "in inverse" in told and "return 1 / n" in told and "ZeroDivisionError" in told, told
        assert told.startswith('\n"""\n') and told.endswith('"""'), told


def test_exceptions_of_ones_own():
    with ProcessPoolExecutor(1) as executor:
        error = raised(Marked, executor.submit(raise_marked).result)
        assert type(error) is Marked and error.number == 7 and error.args == (7, "why")
        assert "inner" in str(error.__cause__)


def test_exceptions_that_end_scripts():
    with ProcessPoolExecutor(1) as executor:
        assert isinstance(executor.submit(sys.exit, 3).exception(), SystemExit)
        assert executor.submit(identity).result()[1] == os.getpid(), "the worker lives on"


def test_max_tasks_per_child():
    for wrong, kind in [(0, ValueError), (-1, ValueError), ("x", TypeError), (1.5, TypeError)]:
        raised(kind, ProcessPoolExecutor, max_tasks_per_child=wrong)
    with ProcessPoolExecutor(1, max_tasks_per_child=3) as executor:
        pids = [executor.submit(os.getpid).result() for _ in range(7)]
        assert len(set(pids[:3])) == len(set(pids[3:6])) == 1
        assert len(set(pids)) == 3
    with ProcessPoolExecutor(3, max_tasks_per_child=1) as executor:
        futures = [executor.submit(os.getpid) for _ in range(6)]
    assert len({future.result() for future in futures}) == 6


def test_mp_context_is_accepted():
    import multiprocessing

    for method in multiprocessing.get_all_start_methods():
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as executor:
            assert executor.submit(abs, -3).result() == 3


def test_terminate_and_kill_workers():
    for method in ("terminate_workers", "kill_workers"):
        executor = ProcessPoolExecutor(2)
        started = ungil.Semaphore(0)
        futures = [executor.submit(spin, started) for _ in range(2)]
        waiting = executor.submit(abs, 1)
        workers = list(executor._processes.values())
        started.acquire()
        started.acquire()
        getattr(executor, method)()
        for future in futures:
            raised(BrokenProcessPool, future.result)
        assert waiting.cancelled()
        raised(RuntimeError, executor.submit, abs, 1)
        for worker in workers:
            assert worker.join(60) and not worker.is_alive()
        getattr(executor, method)()
        getattr(ProcessPoolExecutor(1), method)()


def spin(started):
    started.release()
    while True:
        pass


def test_state_of_a_module_stays_in_the_worker():
    with ProcessPoolExecutor(1) as executor:
        assert [executor.submit(count).result() for _ in range(3)] == [1, 2, 3]
    assert counted == 0


counted = 0


def count():
    global counted
    counted += 1
    return counted


def test_a_large_result():
    with ProcessPoolExecutor(2) as executor:
        assert len(executor.submit(bytes, 20_000_000).result()) == 20_000_000
        assert executor.submit(len, bytes(5_000_000)).result() == 5_000_000
        assert executor.submit(list, range(100_000)).result() == list(range(100_000))


assert threading.current_thread() is threading.main_thread()
for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
