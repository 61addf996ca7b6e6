"""What CPython's tests of Queue, JoinableQueue and SimpleQueue cover."""

import multiprocessing as mp
import time
from multiprocessing import connection
from queue import Empty, Full


def raises(kind, function, *args, text="", **kwargs):
    try:
        function(*args, **kwargs)
    except kind as error:
        assert text in str(error), error
        return
    raise AssertionError(f"{kind.__name__} expected")


def start(target, *args):
    process = mp.Process(target=target, args=args, daemon=True)
    process.start()
    return process


def test_put():
    queue, child_may_get, parent_may_go = mp.Queue(6), mp.Event(), mp.Event()

    def take():
        child_may_get.wait()
        for _ in range(6):
            queue.get()
        parent_may_go.set()

    process = start(take)
    assert queue.empty() and not queue.full()
    queue.put(1)
    queue.put(2, True)
    queue.put(3, True, None)
    queue.put(4, False)
    queue.put(5, False, None)
    queue.put_nowait(6)
    assert not queue.empty() and queue.full() and queue.qsize() == 6
    raises(Full, queue.put, 7, False)
    raises(Full, queue.put, 7, False, None)
    raises(Full, queue.put_nowait, 7)
    started = time.monotonic()
    raises(Full, queue.put, 7, True, 0.05)
    assert time.monotonic() - started >= 0.05
    raises(Full, queue.put, 7, timeout=0)
    raises(Full, queue.put, 7, timeout=-1)
    child_may_get.set()
    parent_may_go.wait()
    assert queue.empty() and not queue.full()
    process.join()


def test_get():
    queue = mp.Queue()
    process = start(lambda: [queue.put(number) for number in (2, 3, 4, 5)])
    process.join()
    assert not queue.empty()
    assert [queue.get(), queue.get(True, None), queue.get(timeout=1), queue.get_nowait()] == [2, 3, 4, 5]
    assert queue.empty()
    raises(Empty, queue.get, False)
    raises(Empty, queue.get_nowait)
    started = time.monotonic()
    raises(Empty, queue.get, True, 0.05)
    assert time.monotonic() - started >= 0.05
    raises(Empty, queue.get, timeout=-1)


def test_fork_with_items_inside():
    queue = mp.Queue()
    for number in range(10):
        queue.put(number)
    process = start(lambda: [queue.put(number) for number in range(10, 20)])
    assert [queue.get() for _ in range(20)] == list(range(20))
    raises(Empty, queue.get, False)
    process.join()


def test_five_processes_fill_it():
    queue = mp.Queue()
    processes = [start(lambda number=number: [queue.put((number, i)) for i in range(50)]) for number in range(5)]
    items = [queue.get() for _ in range(250)]
    assert sorted(items) == [(number, i) for number in range(5) for i in range(50)]
    for number in range(5):
        assert [i for n, i in items if n == number] == list(range(50))
    for process in processes:
        process.join()


def test_what_crosses():
    queue = mp.Queue()
    shared = [1]
    queue.put({"f": lambda x: x + 1, "list": (shared, shared), "queue": queue})
    item = queue.get()
    assert item["f"](1) == 2 and item["list"][0] is item["list"][1] is not shared
    item["queue"].put("same")
    assert queue.get() == "same"


def test_what_cannot_cross_raises_in_put():
    queue = mp.Queue(1)
    raises(TypeError, queue.put, [1, (n for n in "ab")])
    assert queue.empty()
    queue.put("ok")
    assert queue.get() == "ok"


def test_timeout_of_put_in_child():
    queue = mp.Queue(1)
    queue.put(0)
    results = mp.Queue()

    def fill():
        try:
            queue.put(1, timeout=0.01)
        except Full:
            results.put("full")

    process = start(fill)
    assert results.get() == "full"
    process.join()


def test_close():
    queue = mp.Queue()
    raises(AssertionError, queue.join_thread)
    queue.put(1)
    queue.close()
    queue.close()
    queue.join_thread()
    queue.cancel_join_thread()
    raises(ValueError, queue.put, 2, text="is closed")
    raises(ValueError, queue.get, text="is closed")
    queue = mp.SimpleQueue()
    queue.close()
    raises(ValueError, queue.put, 1)


def test_closed_here_is_open_there():
    queue, results = mp.Queue(), mp.Queue()
    process = start(lambda: results.put(queue.get()))
    queue.put("item")
    queue.close()
    assert results.get() == "item"
    process.join()


def test_task_done():
    queue = mp.JoinableQueue()

    def work():
        for item in iter(queue.get, None):
            queue.task_done()
        queue.task_done()

    workers = [start(work) for _ in range(4)]
    for number in range(10):
        queue.put(number)
    queue.join()
    for _ in workers:
        queue.put(None)
    queue.join()
    for worker in workers:
        worker.join()
    raises(ValueError, queue.task_done, text="task_done() called too many times")
    raises(TypeError, queue.put, (n for n in "ab"))
    queue.join()


def test_simple_queue():
    queue, proceed = mp.SimpleQueue(), mp.Event()

    def child():
        proceed.wait()
        queue.put(True)
        queue.put(None)

    process = start(child)
    assert queue.empty()
    proceed.set()
    assert queue.get() is True and queue.get() is None and queue.empty()
    process.join()
    assert mp.queues.SimpleQueue[int].__args__ == (int,)


def test_wait_for_queues():
    first, second = mp.Queue(), mp.Queue()
    process = start(second.put, 5)
    assert connection.wait([first._reader, second._reader]) == [second._reader]
    assert second.get() == 5
    process.join()


def test_worker_that_dies_leaves_the_queue_usable():
    queue, results, ready = mp.Queue(), mp.Queue(), mp.Event()

    def wait_for_item():
        ready.set()
        queue.get()

    victim = start(wait_for_item)
    ready.wait()
    survivor = start(lambda: results.put(queue.get()))
    victim.kill()
    victim.join()
    queue.put("for the survivor")
    assert results.get() == "for the survivor"
    survivor.join()


def test_full_queue_at_the_end_keeps_nobody():
    queue = mp.Queue(1)

    def fill():
        queue.put(1)
        mp.Process(target=queue.put, args=(2,), daemon=True).start()

    process = mp.Process(target=fill)
    process.start()
    process.join()
    assert process.exitcode == 0 and queue.get() == 1


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
