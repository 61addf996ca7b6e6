"""Queues between interpreters."""

import queue
from concurrent import interpreters
from concurrent.interpreters import NotShareableError, Queue, QueueEmpty, QueueFull
from concurrent.interpreters._queues import UNBOUND, UNBOUND_ERROR, UNBOUND_REMOVE, QueueError, QueueNotFoundError

import ungil
from checks import raised


def test_create():
    first, second = interpreters.create_queue(), interpreters.create_queue(5)
    assert first.maxsize == 0 and second.maxsize == 5 and first.id != second.id
    assert interpreters.create_queue(-1).maxsize == 0
    for wrong in ("1", 1.5, None):
        raised(TypeError, interpreters.create_queue, wrong)
    for unbound in (UNBOUND, UNBOUND_ERROR, UNBOUND_REMOVE):
        assert interpreters.create_queue(unbounditems=unbound).unbounditems is unbound
    raised(ValueError, interpreters.create_queue, unbounditems=7)
    assert first.unbounditems is UNBOUND


def test_by_number():
    one = interpreters.create_queue()
    assert Queue(one.id) is one and hash(one) == hash(one.id) and repr(one) == f"Queue({one.id})"
    raised(TypeError, Queue, "1")
    raised(QueueNotFoundError, Queue, 1_000_000)
    number = one.id
    del one
    raised(QueueNotFoundError, Queue, number)
    raised(AttributeError, setattr, interpreters.create_queue(), "id", 1)


def test_order_and_size():
    one = interpreters.create_queue(3)
    assert one.empty() and not one.full() and one.qsize() == 0
    for n in range(3):
        one.put(n)
    assert one.full() and not one.empty() and one.qsize() == 3
    assert [one.get() for _ in range(3)] == [0, 1, 2]
    assert one.empty()
    unlimited = interpreters.create_queue()
    for n in range(200):
        unlimited.put(n)
    assert not unlimited.full() and unlimited.qsize() == 200


def test_full_and_empty():
    one = interpreters.create_queue(1)
    for action in (one.get_nowait, lambda: one.get(block=False), lambda: one.get(timeout=0.01)):
        error = raised(QueueEmpty, action)
        assert isinstance(error, queue.Empty) and isinstance(error, QueueError)
    one.put(1)
    for action in (lambda: one.put_nowait(2), lambda: one.put(2, block=False), lambda: one.put(2, timeout=0.01)):
        error = raised(QueueFull, action)
        assert isinstance(error, queue.Full) and isinstance(error, QueueError)
    raised(ValueError, one.put, 2, timeout=-1)
    raised(ValueError, one.get, timeout=-1)
    assert one.get() == 1


def test_what_goes_through():
    one = interpreters.create_queue()
    for value in (None, 1, "x", [1, {"a": (2, b"3")}], pow, interpreters.get_main(), one):
        one.put(value)
        assert one.get() == value
    step = 2
    one.put(lambda n: n + step)
    assert one.get()(3) == 5
    raised(NotShareableError, one.put, (n for n in range(3)))
    assert one.empty(), "nothing is left half sent"
    same = [1]
    one.put([same, same])
    first, second = one.get()
    assert first is second and first is not same


def test_between_interpreters():
    interp = interpreters.create()
    there, back = interpreters.create_queue(2), interpreters.create_queue(2)

    def double(there, back):
        while (n := there.get()) is not None:
            back.put(n * 2)

    thread = interp.call_in_thread(double, there, back)
    for n in range(10):
        there.put(n)
        assert back.get() == n * 2
    there.put(None)
    thread.join()
    assert interp.call(lambda q: q.id, there) == there.id
    assert interp.call(lambda number: __import__("concurrent.interpreters").interpreters.Queue(number).id, back.id) == back.id
    interp.close()


def test_items_outlive_their_interpreter():
    one = interpreters.create_queue(unbounditems=UNBOUND_ERROR)
    interp = interpreters.create()
    interp.call(one.put, [1, 2])
    interp.call(lambda q: q.put("x", unbounditems=None), one)
    interp.close()
    assert one.get() == [1, 2] and one.get() == "x"


def test_waits_end_when_something_comes():
    one = interpreters.create_queue(1)
    task = ungil.spawn(lambda q: [q.get() for _ in range(3)], one)
    for n in range(3):
        one.put(n, timeout=60)
    assert task.result(timeout=60) == [0, 1, 2]


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
