"""Cases that hang where processes are real ones: each must end here."""

import multiprocessing as mp
import os
import sys
import time
from queue import Empty


def start(target, *args, daemon=True):
    process = mp.Process(target=target, args=args, daemon=daemon)
    process.start()
    return process


def test_terminate_inside_each_lock():
    for make in (mp.Lock, mp.RLock, mp.Condition, lambda: mp.Value("i"), lambda: mp.Array("i", 2)):
        shared, inside = make(), mp.Event()

        def hold():
            with shared:
                inside.set()
                while True:
                    pass

        process = start(hold)
        inside.wait()
        process.terminate()
        with shared:
            pass
        process.join()


def test_killed_while_it_waits_for_a_lock():
    lock = mp.Lock()
    lock.acquire()
    ready = mp.Event()

    def wait():
        ready.set()
        lock.acquire()

    process = start(wait)
    ready.wait()
    process.kill()
    process.join()
    lock.release()
    assert lock.acquire(timeout=60)


def test_killed_while_it_waits_for_a_condition():
    condition, ready, woken = mp.Condition(), mp.Semaphore(0), mp.Event()

    def wait():
        with condition:
            ready.release()
            condition.wait()
            woken.set()

    victim = start(wait)
    ready.acquire()
    with condition:
        pass
    victim.kill()
    victim.join()
    survivor = start(wait)
    ready.acquire()
    with condition:
        condition.notify()
    woken.wait()
    survivor.join()


def test_reader_that_dies_while_others_read():
    queue, results, ready = mp.Queue(), mp.Queue(), mp.Semaphore(0)

    def read():
        ready.release()
        results.put(queue.get())

    readers = [start(read) for _ in range(4)]
    for _ in readers:
        ready.acquire()
    for victim in readers[:2]:
        victim.kill()
        victim.join()
    queue.put("a")
    queue.put("b")
    assert sorted(results.get() for _ in range(2)) == ["a", "b"]
    for reader in readers:
        reader.join()


def test_writer_that_dies_while_it_waits_for_room():
    queue, ready = mp.Queue(1), mp.Event()
    queue.put("first")

    def write():
        ready.set()
        queue.put("second")

    process = start(write)
    ready.wait()
    process.terminate()
    process.join()
    assert queue.get() == "first"
    try:
        assert queue.get(timeout=0.02) is None
    except Empty:
        pass
    queue.put("third", timeout=60)


def test_full_queue_at_the_end_of_a_process():
    queue = mp.Queue(2)

    def fill():
        queue.put(1)
        queue.put(2)
        queue.close()

    process = start(fill, daemon=False)
    process.join()
    assert process.exitcode == 0


def test_large_item_that_nobody_reads():
    queue = mp.Queue()
    process = start(queue.put, bytes(10_000_000), daemon=False)
    process.join()
    assert process.exitcode == 0 and len(queue.get()) == 10_000_000


def test_packing_errors_leave_pools_and_queues_whole():
    queue = mp.Queue()
    with mp.Pool(2) as pool:
        for _ in range(3):
            for use in (
                lambda: queue.put((n for n in "ab")),
                lambda: pool.apply(len, ((n for n in "ab"),)),
                lambda: pool.map(lambda x: (n for n in "ab"), [1, 2]),
                lambda: list(pool.imap(len, [[1], (n for n in "ab"), [2]])),
            ):
                try:
                    use()
                except Exception:
                    continue
                raise AssertionError("an exception was expected")
        queue.put("fine")
        assert queue.get() == "fine" and pool.map(len, [[1], [1, 2]]) == [1, 2]


def test_workers_that_leave_in_every_way():
    with mp.Pool(2) as pool:
        for leave in (lambda x: sys.exit(x), lambda x: os._exit(x), lambda x: mp.current_process().kill_me()):
            try:
                pool.map(leave, range(3), chunksize=1)
            except (mp.ProcessError, AttributeError):
                pass
        assert sorted(pool.imap_unordered(lambda x: x, range(20))) == list(range(20))


def test_pool_that_is_left_alone():
    def child():
        mp.Pool(2).map_async(time.sleep, [1000, 1000])

    process = start(child, daemon=False)
    process.join()
    assert process.exitcode == 0


def test_manager_whose_client_dies_in_a_call():
    with mp.Manager() as manager:
        items, ready = manager.list(), mp.Event()

        def work():
            while True:
                items.append(1)
                ready.set()

        process = start(work)
        ready.wait()
        process.kill()
        process.join()
        assert len(items) >= 1
        items.append(2)


def test_barrier_whose_party_dies():
    barrier, ready = mp.Barrier(2), mp.Event()

    def wait():
        ready.set()
        barrier.wait()

    process = start(wait)
    ready.wait()
    while barrier.n_waiting == 0:
        time.sleep(0.001)
    process.kill()
    process.join()
    barrier.abort()
    barrier.reset()
    assert not barrier.broken


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
