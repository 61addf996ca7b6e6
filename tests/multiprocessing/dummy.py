"""`multiprocessing.dummy`: the same interface over threads."""

import os
import warnings
from multiprocessing import dummy
from multiprocessing.dummy import Pool, Process, Queue
from multiprocessing.pool import ThreadPool


def raises(kind, function, *args, text=""):
    try:
        function(*args)
    except kind as error:
        assert text in str(error), error
        return
    raise AssertionError(f"{kind.__name__} expected")


def test_process():
    items = Queue()
    process = Process(target=lambda number: items.put((number, os.getpid())), args=(5,))
    assert process.exitcode is None
    process.start()
    assert items.get() == (5, os.getpid())
    process.join()
    assert process.exitcode == 0 and process not in dummy.active_children()


def test_pipe():
    here, there = dummy.Pipe()
    process = Process(target=lambda: there.send(there.recv() + 1))
    process.start()
    here.send(41)
    assert here.recv() == 42
    process.join()


def test_locks():
    lock, done = dummy.Lock(), dummy.Event()

    def work():
        with lock:
            done.set()

    process = Process(target=work)
    process.start()
    assert done.wait(60)
    process.join()


def test_what_would_be_lost_is_refused():
    numbers = []
    raises(RuntimeError, Process(target=lambda: numbers.append(1)).start, text="numbers")


def test_pool():
    with Pool(2) as pool:
        assert type(pool) is ThreadPool
        assert pool.map(lambda x: x * x, range(5)) == [0, 1, 4, 9, 16]
        assert pool.apply_async(os.getpid).get(60) == os.getpid()
        assert list(pool.imap(abs, [-1, 2])) == [1, 2]


def test_pool_task_that_changes_something_runs_here():
    seen = {}

    def remember(number):
        seen[number] = True

    with Pool(2) as pool, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pool.map(remember, range(3))
        assert sorted(seen) == [0, 1, 2]
        assert [str(warning.message) for warning in caught if "seen" in str(warning.message)]


def test_manager():
    manager = dummy.Manager()
    namespace = manager.Namespace(a=1)
    namespace.b = 2
    assert repr(namespace) == "Namespace(a=1, b=2)"
    value = manager.Value("i", 3)
    value.value += 1
    assert value.value == 4 and manager.list([1]) == [1] and manager.dict(a=1) == {"a": 1}
    assert dummy.Array("i", [1, 2]).tolist() == [1, 2]


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
