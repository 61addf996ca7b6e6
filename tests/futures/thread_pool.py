"""ThreadPoolExecutor: right results first."""

import os
import queue
import threading
import warnings
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from concurrent.futures.thread import BrokenThreadPool

import ungil
from checks import raised


def where():
    return ungil.current().ident


def test_a_call_without_state_is_shipped():
    with ThreadPoolExecutor(1, thread_name_prefix="crew") as executor:
        assert executor.submit(where).result() != where()
        assert executor.submit(os.getpid).result() == os.getpid()
        assert executor.submit(lambda: threading.current_thread().name).result() == "crew_0"
        assert executor.submit(lambda pair: (pair, where()), ("a", 1)).result()[0] == ("a", 1)


def test_a_call_with_state_runs_here():
    changed = []
    with ThreadPoolExecutor(2) as executor, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for n in range(3):
            assert executor.submit(lambda items, n: (items.append(n), where())[1], changed, n).result() == where()
        assert changed == [0, 1, 2]
    assert [warning.category for warning in caught] == [RuntimeWarning], [str(warning.message) for warning in caught]
    text = str(caught[0].message)
    assert "runs in submit()" in text and "list" in text, text
    assert caught[0].filename == __file__


def test_closure_global_and_instance_run_here():
    seen = {}

    class Account:
        def __init__(self):
            self.total = 0

        def pay(self, amount):
            self.total += amount
            return self.total

    account = Account()
    with ThreadPoolExecutor(2) as executor, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        executor.submit(lambda: seen.update(a=1)).result()
        executor.submit(set_global, 5).result()
        assert [future.result() for future in [executor.submit(account.pay, n) for n in (1, 2, 3)]] == [1, 3, 6]
        assert list(executor.map(lambda n: seen.setdefault(n, n), range(3))) == [0, 1, 2]
    assert seen == {"a": 1, 0: 0, 1: 1, 2: 2} and number == 5 and account.total == 6


number = 0


def set_global(value):
    global number
    number = value


def test_exception_of_a_call_that_runs_here():
    with ThreadPoolExecutor(1) as executor, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        assert isinstance(executor.submit(list.remove, [1], 2).exception(), ValueError)
        assert isinstance(executor.submit(lambda items: exit(len(items)), [1]).exception(), SystemExit)


def test_a_copy_on_purpose():
    numbers = [1, 2, 3]
    with ThreadPoolExecutor(1) as executor, warnings.catch_warnings():
        warnings.simplefilter("error")
        assert executor.submit(sum, ungil.copied(numbers)).result() == 6
        there = executor.submit(lambda items: (items.append(4), len(items), where()), ungil.copied(numbers)).result()
        assert there[1] == 4 and there[2] != where()
    assert numbers == [1, 2, 3]


def test_what_might_wait_for_its_submitter_is_refused():
    done = []
    for waits in (queue.Queue(), threading.Lock(), threading.Event()):
        with ThreadPoolExecutor(1) as executor:
            error = raised(RuntimeError, executor.submit, lambda waits, items: waits, waits, done)
            assert "ungil.copied" in str(error), error


def test_queues_locks_and_events_are_shared():
    with ThreadPoolExecutor(2) as executor:
        work, results = queue.Queue(), queue.Queue()

        def double(work, results):
            while (n := work.get()) is not None:
                results.put(n * 2)

        futures = [executor.submit(double, work, results) for _ in range(2)]
        for n in range(20):
            work.put(n)
        work.put(None)
        work.put(None)
        for future in futures:
            future.result()
        assert sorted(results.get() for _ in range(20)) == [n * 2 for n in range(20)]


def test_initializer_that_carries_state_runs_here_once():
    seen = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        with ThreadPoolExecutor(2, initializer=seen.append, initargs=("set up",)) as executor:
            assert seen == []
            assert executor.submit(abs, -1).result() == 1
            executor.submit(seen.append, "called").result()
    assert seen == ["set up", "called"]


def test_names():
    assert issubclass(BrokenThreadPool, BrokenExecutor)
    assert ThreadPoolExecutor(1)._thread_name_prefix.startswith("ThreadPoolExecutor-")


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
