"""What CPython's tests of Lock, RLock, Semaphore, Condition, Event and Barrier cover."""

import multiprocessing as mp
import threading
import time


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


def elsewhere(function, *args):
    """What the function returns in another process."""
    queue = mp.Queue()
    process = start(lambda: queue.put(function(*args)))
    result = queue.get()
    process.join()
    return result


def test_lock():
    lock = mp.Lock()
    assert lock.acquire() is True and lock.acquire(False) is False and lock.locked()
    assert lock.acquire(timeout=0) is False and lock.acquire(True, -1) is False
    started = time.monotonic()
    assert lock.acquire(timeout=0.05) is False and time.monotonic() - started >= 0.05
    assert lock.release() is None and not lock.locked()
    raises(ValueError, lock.release, text="released too many times")
    with lock:
        assert not elsewhere(lock.acquire, False)
    assert repr(lock) == "<Lock(owner=None)>"
    with lock:
        assert repr(lock) == "<Lock(owner=MainProcess)>"
        assert elsewhere(repr, lock) == "<Lock(owner=SomeOtherProcess)>"


def test_lock_is_released_by_another():
    lock = mp.Lock()
    lock.acquire()
    elsewhere(lock.release)
    assert lock.acquire(False)


def test_lock_excludes():
    lock, value = mp.Lock(), mp.Value("i", 0, lock=False)

    def add():
        for _ in range(200):
            with lock:
                value.value += 1

    processes = [start(add) for _ in range(4)]
    for process in processes:
        process.join()
    assert value.value == 800


def test_lock_of_a_process_that_is_stopped():
    for kind in (mp.Lock, mp.RLock):
        lock, held = kind(), mp.Event()

        def hold():
            lock.acquire()
            held.set()
            time.sleep(1000)

        for stop in ("terminate", "kill"):
            process = start(hold)
            held.wait()
            held.clear()
            assert lock.acquire(False) is False
            getattr(process, stop)()
            assert lock.acquire() is True
            lock.release()
            process.join()


def test_rlock():
    lock = mp.RLock()
    assert [lock.acquire() for _ in range(3)] == [True] * 3
    assert repr(lock) == "<RLock(MainProcess, 3)>" and lock.locked()
    assert elsewhere(lock.acquire, False) is False
    for _ in range(3):
        lock.release()
    raises(AssertionError, lock.release, text="not owned")
    assert repr(lock) == "<RLock(None, 0)>"
    with lock, lock:
        pass
    lock.acquire()

    def release():
        try:
            lock.release()
        except AssertionError:
            return "not mine"

    assert elsewhere(release) == "not mine"
    lock.release()


def test_semaphore():
    semaphore = mp.Semaphore(2)
    assert semaphore.get_value() == 2 and semaphore.acquire() and semaphore.acquire()
    assert semaphore.get_value() == 0 and semaphore.acquire(False) is False and semaphore.locked()
    semaphore.release()
    semaphore.release()
    semaphore.release()
    assert semaphore.get_value() == 3 and repr(semaphore) == "<Semaphore(value=3)>"
    raises(ValueError, mp.Semaphore, -1)
    for _ in range(3):
        semaphore.acquire()
    process = start(semaphore.release)
    assert semaphore.acquire() is True
    process.join()


def test_bounded_semaphore():
    semaphore = mp.BoundedSemaphore(2)
    semaphore.acquire()
    semaphore.release()
    raises(ValueError, semaphore.release, text="released too many times")
    assert repr(semaphore) == "<BoundedSemaphore(value=2, maxvalue=2)>"


def sleeper(condition, sleeping, woken, timeout=None):
    with condition:
        sleeping.release()
        result = condition.wait(timeout)
        woken.release()
        return result


def test_condition_notify():
    condition, sleeping, woken = mp.Condition(), mp.Semaphore(0), mp.Semaphore(0)
    processes = [start(sleeper, condition, sleeping, woken) for _ in range(3)]
    for _ in processes:
        sleeping.acquire()
    assert woken.get_value() == 0
    for _ in processes:
        with condition:
            condition.notify()
        woken.acquire()
        assert woken.get_value() == 0
    for process in processes:
        process.join()


def test_condition_notify_all():
    condition, sleeping, woken = mp.Condition(mp.Lock()), mp.Semaphore(0), mp.Semaphore(0)
    processes = [start(sleeper, condition, sleeping, woken) for _ in range(3)]
    for _ in processes:
        sleeping.acquire()
    with condition:
        condition.notify_all()
    for _ in processes:
        woken.acquire()
    for process in processes:
        process.join()


def test_condition_notify_n():
    condition, sleeping, woken = mp.Condition(), mp.Semaphore(0), mp.Semaphore(0)
    processes = [start(sleeper, condition, sleeping, woken) for _ in range(3)]
    for _ in processes:
        sleeping.acquire()
    with condition:
        condition.notify(n=2)
    woken.acquire()
    woken.acquire()
    assert not woken.acquire(timeout=0.05)
    with condition:
        condition.notify(n=10)
    woken.acquire()
    for process in processes:
        process.join()


def test_condition_misuse_and_timeouts():
    condition = mp.Condition()
    raises(AssertionError, condition.notify, text="lock is not owned")
    raises(AssertionError, condition.notify_all)
    raises(AssertionError, condition.wait, text="must acquire() condition")
    with condition:
        assert condition.wait(0.01) is False and condition.wait(0) is False


def test_condition_wait_for():
    condition, state = mp.Condition(), mp.Value("i", 0, lock=False)

    def child():
        with condition:
            state.value = 1
            condition.notify()
            assert condition.wait_for(lambda: state.value == 4)
            state.value = 5
            condition.notify()

    process = start(child)
    with condition:
        assert condition.wait_for(lambda: state.value == 1, timeout=60)
        assert condition.wait_for(lambda: state.value == 9, timeout=0.02) is False
        state.value = 4
        condition.notify()
        assert condition.wait_for(lambda: state.value == 5)
    process.join()
    assert process.exitcode == 0


def test_event():
    event = mp.Event()
    assert not event.is_set() and event.wait(0) is False
    started = time.monotonic()
    assert event.wait(0.05) is False and time.monotonic() - started >= 0.05
    event.set()
    assert event.is_set() and event.wait() is True and event.wait(timeout=0) is True
    assert " set>" in repr(event)
    event.clear()
    assert not event.is_set() and " unset>" in repr(event)
    process = start(event.set)
    assert event.wait() is True
    process.join()


PARTIES = 4


def with_barrier(barrier, function, *args):
    """What the function gives in as many processes, this one included, which runs it last."""
    queue = mp.Queue()
    processes = [start(lambda: queue.put(function(barrier, *args))) for _ in range(PARTIES - 1)]
    results = [function(barrier, *args)]
    results += [queue.get() for _ in processes]
    for process in processes:
        process.join()
    return results


def test_barrier():
    barrier = mp.Barrier(PARTIES)
    assert barrier.parties == PARTIES and barrier.n_waiting == 0 and not barrier.broken
    assert sorted(with_barrier(barrier, lambda b: b.wait())) == list(range(PARTIES))
    counter = mp.Value("i", 0)

    def passes(b):
        seen = []
        for turn in range(5):
            with counter:
                counter.value += 1
            b.wait()
            seen.append(counter.value)
            b.wait()
        return seen

    expected = [PARTIES * (turn + 1) for turn in range(5)]
    assert with_barrier(barrier, passes) == [expected] * PARTIES
    assert barrier.n_waiting == 0 and not barrier.broken


def test_barrier_action():
    calls = mp.Value("i", 0)

    def count():
        calls.value += 1

    barrier = mp.Barrier(PARTIES, action=count)
    with_barrier(barrier, lambda b: b.wait())
    assert calls.value == 1 and not barrier.broken


def broken(barrier):
    try:
        barrier.wait()
    except threading.BrokenBarrierError:
        return True
    return False


def test_barrier_abort():
    barrier = mp.Barrier(PARTIES)

    def abort_or_wait(b):
        try:
            if b.wait() == PARTIES // 2:
                raise RuntimeError
            b.wait()
        except threading.BrokenBarrierError:
            return "broken"
        except RuntimeError:
            b.abort()
            return "aborted"

    assert sorted(with_barrier(barrier, abort_or_wait)) == ["aborted"] + ["broken"] * (PARTIES - 1)
    assert barrier.broken and broken(barrier)
    barrier.reset()
    assert not barrier.broken and sorted(with_barrier(barrier, lambda b: b.wait())) == list(range(PARTIES))


def test_barrier_reset():
    barrier, results = mp.Barrier(PARTIES), mp.Queue()
    processes = [start(lambda: results.put(broken(barrier))) for _ in range(PARTIES - 1)]
    while barrier.n_waiting < PARTIES - 1:
        time.sleep(0.001)
    barrier.reset()
    assert [results.get() for _ in processes] == [True] * (PARTIES - 1)
    for process in processes:
        process.join()
    assert not barrier.broken


def test_barrier_timeout():
    barrier = mp.Barrier(PARTIES, timeout=0.02)
    raises(threading.BrokenBarrierError, barrier.wait)
    assert barrier.broken
    barrier = mp.Barrier(2)
    raises(threading.BrokenBarrierError, barrier.wait, 0.02)
    assert mp.Barrier(1).wait() == 0
    raises(ValueError, mp.Barrier, 0)


def test_barrier_action_that_fails():
    def fail():
        raise OSError

    barrier = mp.Barrier(1, action=fail)
    raises(OSError, barrier.wait)
    assert barrier.broken


def test_they_cross_through_queues():
    queue, answers = mp.Queue(), mp.Queue()

    def use():
        for primitive in iter(queue.get, None):
            answers.put(primitive.acquire(False) if hasattr(primitive, "acquire") else primitive.is_set())

    process = start(use)
    held = mp.Lock()
    held.acquire()
    happened = mp.Event()
    happened.set()
    for primitive in (held, happened, mp.Semaphore(0), mp.Condition(), None):
        queue.put(primitive)
    assert [answers.get() for _ in range(4)] == [False, True, False, True]
    process.join()


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
