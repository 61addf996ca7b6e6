"""What CPython's tests of Manager cover: containers, types of one's own, proxies, connecting."""

import copy
import multiprocessing as mp
import queue
import time
from multiprocessing import managers
from multiprocessing.managers import BaseManager, BaseProxy, SyncManager


def raises(kind, function, *args, text="", **kwargs):
    try:
        function(*args, **kwargs)
    except kind as error:
        assert text in str(error), error
        return error
    raise AssertionError(f"{kind.__name__} expected")


def run(target, *args):
    process = mp.Process(target=target, args=args)
    process.start()
    process.join()
    assert process.exitcode == 0


def test_list():
    numbers = manager.list(range(10))
    assert numbers[:] == list(range(10)) and len(numbers) == 10 and list(numbers) == list(range(10))
    empty = manager.list()
    empty.extend(range(5))
    empty += [5, 6]
    assert empty[:] == [0, 1, 2, 3, 4, 5, 6] and str(empty) == "[0, 1, 2, 3, 4, 5, 6]"
    assert empty[2] == 2 and empty[2:4] == [2, 3] and empty * 2 == list(range(7)) * 2
    empty[0] = 100
    del empty[1]
    empty *= 1
    assert empty._getvalue() == [100, 2, 3, 4, 5, 6] and empty.pop() == 6 and 3 in empty and empty.index(3) == 2
    empty.sort(reverse=True)
    empty.append("x")
    empty.insert(0, None)
    assert empty.copy() == [None, 100, 5, 4, 3, 2, "x"] and empty.count("x") == 1
    assert list(reversed(empty)) == ["x", 2, 3, 4, 5, 100, None]
    raises(IndexError, lambda: empty[100])
    raises(ValueError, empty.remove, "absent")
    assert copy.deepcopy(numbers) == list(range(10))
    assert "ListProxy object, typeid 'list'" in repr(numbers)

    def change():
        numbers.reverse()
        numbers.append("there")

    run(change)
    assert numbers[:] == [*reversed(range(10)), "there"]


def test_dict():
    letters = manager.dict()
    for code in range(65, 70):
        letters[code] = chr(code)
    expected = {code: chr(code) for code in range(65, 70)}
    assert letters.copy() == expected and sorted(letters.keys()) == list(range(65, 70))
    assert sorted(letters.values()) == list("ABCDE") and sorted(letters.items()) == sorted(expected.items())
    assert sorted(letters) == list(range(65, 70)) and 65 in letters and len(letters) == 5
    assert letters.get(1) is None and letters.get(65) == "A" and letters.pop(65) == "A"
    letters.update({1: 2}, x=3)
    letters |= {"y": 4}
    assert letters["y"] == 4 and letters.setdefault("z", 5) == 5 and (letters | {"q": 1})["q"] == 1
    del letters[1]
    raises(KeyError, lambda: letters[1])
    letters.clear()
    assert dict(letters) == {}

    def change(number):
        letters[number] = number * number

    processes = [mp.Process(target=change, args=(number,)) for number in range(5)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert letters.copy() == {number: number * number for number in range(5)}


def test_set():
    numbers = manager.set([1, 2])
    numbers.add(3)
    numbers |= {4}
    assert numbers == {1, 2, 3, 4} and numbers & {1, 9} == {1} and len(numbers) == 4 and sorted(numbers) == [1, 2, 3, 4]


def test_namespace():
    namespace = manager.Namespace(given=1)
    namespace.name = "Bob"
    namespace.job = "Builder"
    namespace._hidden = "here only"
    assert (namespace.name, namespace.job, namespace.given) == ("Bob", "Builder", 1)
    del namespace.job
    assert str(namespace) == "Namespace(given=1, name='Bob')" and not hasattr(namespace, "job")

    def change():
        namespace.name = "Eve"

    run(change)
    assert namespace.name == "Eve"


def test_value_and_array():
    value, numbers = manager.Value("i", 42), manager.Array("i", [1, 2, 3])

    def change():
        value.value += 1
        value.set(value.get() + 1)
        numbers[0] = 10

    run(change)
    assert value.value == 44 and numbers[:].tolist() == [10, 2, 3] and len(numbers) == 3
    assert str(value) == "Value('i', 44)"


def test_nested():
    inner = manager.list(range(3))
    outer = manager.list([inner, inner])
    outer[0].append(3)
    assert inner[:] == [0, 1, 2, 3] == outer[1][:]
    del inner
    assert outer[0][0] == 0 and str(outer[0]) == "[0, 1, 2, 3]"
    table = manager.dict(rows=manager.list())
    table["rows"].append(manager.dict(a=1))
    assert table["rows"][0]["a"] == 1
    mixed = manager.list([[1]])
    mixed[0].append(2)
    assert mixed[0] == [1], "what is no proxy is a copy"


def test_locks_and_queues():
    lock, event, items = manager.Lock(), manager.Event(), manager.Queue()
    barrier, condition, semaphore = manager.Barrier(2), manager.Condition(), manager.BoundedSemaphore(1)

    def work():
        with lock:
            items.put("in")
        event.wait()
        barrier.wait()
        with condition:
            condition.notify()

    process = mp.Process(target=work)
    process.start()
    assert items.get() == "in"
    event.set()
    with condition:
        barrier.wait()
        assert condition.wait(60)
    process.join()
    assert lock.acquire(blocking=False) is True
    assert lock.acquire(timeout=0.01) is False
    lock.release()
    raises(queue.Empty, items.get, False)
    full = manager.Queue(1)
    full.put(1)
    raises(queue.Full, full.put, 2, False)
    assert semaphore.acquire() and not semaphore.acquire(False)
    assert manager.RLock().acquire() and manager.Semaphore(2).acquire()
    jobs = manager.JoinableQueue()
    jobs.put(1)
    jobs.get()
    jobs.task_done()
    jobs.join()


def test_pool():
    with manager.Pool(2) as pool:
        assert pool.map(lambda x: x * x, range(5)) == [0, 1, 4, 9, 16]
        assert pool.apply_async(lambda: 7).get(60) == 7
        assert list(pool.imap(lambda x: -x, range(3))) == [0, -1, -2]
        slow = pool.map_async(time.sleep, [0.05])
        assert manager.list([1])[:] == [1]
        assert slow.get() == [None] and slow.successful()


def test_objects_go_with_their_proxies():
    before = manager._number_of_objects()
    kept = manager.list()
    manager.dict()
    assert manager._number_of_objects() == before + 1
    here, there = mp.Pipe()
    there.send(kept)
    del kept
    assert manager._number_of_objects() == before + 1
    arrived = here.recv()
    arrived.append(1)
    del arrived
    while manager._number_of_objects() != before:
        time.sleep(0.001)


class Counter:
    def __init__(self, start=0):
        self.number = start

    def add(self, number=1):
        self.number += number
        return self.number

    def fail(self):
        raise LookupError("no such thing")

    def words(self):
        yield from ("one", "two")

    def secret(self):
        return (n for n in "ab")

    def _private(self):
        return "private"


class CounterProxy(BaseProxy):
    _exposed_ = ("add", "__getattribute__")

    def add_twice(self, number):
        self._callmethod("add", (number,))
        return self._callmethod("add", (number,))

    @property
    def number(self):
        return self._callmethod("__getattribute__", ("number",))


class MyManager(BaseManager):
    pass


MyManager.register("Counter", Counter, method_to_typeid={"words": "Iterator"})
MyManager.register("Twice", Counter, CounterProxy)
MyManager.register("Few", Counter, exposed=("add", "_private"))
MyManager.register("numbers", lambda: [1, 2, 3], exposed=("__len__", "append"))


def test_types_of_ones_own():
    with MyManager() as mine:
        counter = mine.Counter(5)
        assert counter.add() == 6 and counter.add(number=4) == 10 and list(counter.words()) == ["one", "two"]
        raises(LookupError, counter.fail, text="no such thing")
        raises(managers.RemoteError, counter.secret, text="Unserializable message")
        raises(AttributeError, lambda: counter._private())
        run(lambda: counter.add(90))
        assert counter.add() == 101
        twice = mine.Twice()
        assert twice.add_twice(2) == 4 and twice.number == 4
        run(lambda: twice.add_twice(1))
        assert twice.number == 6
        assert mine.Few()._private() == "private"
        raises(AttributeError, lambda: mine.Few().fail)
        raises(AttributeError, mine.Few()._callmethod, "fail", text="is not in exposed")
        numbers = mine.numbers()
        numbers.append(4)
        assert len(numbers._getvalue()) == 4
    raises(ConnectionError, counter.add)


def test_queue_of_ones_own_is_shared_itself():
    items = queue.Queue()

    class QueueManager(BaseManager):
        pass

    QueueManager.register("get_queue", callable=lambda: items)
    with QueueManager(address=("", 0), authkey=b"abracadabra") as server:

        class ClientManager(BaseManager):
            pass

        ClientManager.register("get_queue")
        address = server.address

        def client():
            other = ClientManager(address=address, authkey=b"abracadabra")
            other.connect()
            other.get_queue().put("hello from a client")

        process = mp.Process(target=client)
        process.start()
        assert server.get_queue().get() == "hello from a client"
        process.join()
        stranger = ClientManager(address=address, authkey=b"wrong")
        raises(mp.AuthenticationError, stranger.connect)


def test_serve_forever():
    started = mp.Queue()

    def serve():
        server = MyManager(address="/tmp/served", authkey=b"key").get_server()
        started.put(server.address)
        server.serve_forever()

    process = mp.Process(target=serve)
    process.start()
    mine = MyManager(address=started.get(), authkey=b"key")
    mine.connect()
    assert mine.Counter(1).add() == 2
    process.terminate()
    process.join()
    raises(ConnectionError, mine.Counter)


class Blocking:
    def __init__(self):
        self.event = mp.Event()

    def wait(self):
        return self.event.wait()

    def set(self):
        self.event.set()


def test_what_blocks_in_the_server_keeps_nobody():
    MyManager.register("Blocking", Blocking)
    with MyManager() as mine:
        blocking = mine.Blocking()
        waiting = [mp.Process(target=blocking.wait) for _ in range(3)]
        for process in waiting:
            process.start()
        assert mine.Counter().add() == 1
        blocking.set()
        for process in waiting:
            process.join()
            assert process.exitcode == 0


def test_life():
    fresh = SyncManager()
    raises(AssertionError, fresh.list, text="server not yet started")
    fresh.start()
    raises(mp.ProcessError, fresh.start, text="Already started server")
    assert "SyncManager-" in fresh._process.name and fresh._process in mp.active_children()
    items = fresh.list([1])
    fresh.shutdown()
    fresh.join()
    assert fresh._process not in mp.active_children()
    raises(ConnectionError, items.append, 1)
    raises(TypeError, SyncManager().start, initializer=1)

    def fail():
        __import__("sys").stderr = None
        raise OSError

    raises(EOFError, SyncManager().start, fail)


def test_an_interrupt_leaves_the_objects_there():
    with SyncManager() as other:
        items = other.list()
        for number in range(3):
            other._process.interrupt()
            items.append(number)
        assert items[:] == [0, 1, 2] and other._process.is_alive()


def test_manager_whose_process_is_killed():
    with SyncManager() as victim:
        items = victim.list()
        victim._process.kill()
        victim._process.join()
        raises(ConnectionError, items.append, 1)


if __name__ == "__main__":
    with mp.Manager() as manager:
        for name, test in list(globals().items()):
            if name.startswith("test_"):
                test()
