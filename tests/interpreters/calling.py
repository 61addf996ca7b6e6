"""Interpreter.call() and call_in_thread()."""

import functools
import io
import sys
from concurrent import interpreters
from concurrent.interpreters import ExecutionFailed, NotShareableError

import ungil
from checks import raised

interp = interpreters.create()
BASE = 10


def add_base(n, *, factor=1):
    return (BASE + n) * factor


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def moved(self, by):
        return Point(self.x + by, self.y + by)

    def __eq__(self, other):
        return isinstance(other, Point) and (self.x, self.y) == (other.x, other.y)


def test_functions():
    assert interp.call(pow, 2, 10) == 1024
    assert interp.call(add_base, 5) == 15 and interp.call(add_base, 5, factor=2) == 30
    assert interp.call(lambda: None) is None
    assert interp.call(lambda *args, **kwargs: (args, kwargs), 1, 2, a=3) == ((1, 2), {"a": 3})
    step = 3
    assert interp.call(lambda n: n + step, 4) == 7
    assert interp.call(functools.partial(add_base, 1), factor=3) == 33
    assert interp.call("x,y".split, ",") == ["x", "y"]
    assert interp.call(Point(1, 2).moved, 3) == Point(4, 5)
    assert interp.call(Point, 7, 8) == Point(7, 8)
    assert interp.call(int, "12") == 12


def test_values_are_copies():
    table = {"a": [1, 2], "b": (3, {4})}
    assert interp.call(lambda t: t, table) == table
    assert interp.call(lambda t: t, table) is not table

    def change(t):
        t["a"].append(9)
        return t

    assert interp.call(change, table)["a"] == [1, 2, 9] and table["a"] == [1, 2]


def test_globals_persist_there():
    def count():
        global calls
        calls = globals().get("calls", 0) + 1
        return calls

    assert [interp.call(count) for _ in range(3)] == [1, 2, 3]
    assert "calls" not in globals()


def test_failure():
    def fail(n):
        return 1 / n

    error = raised(ExecutionFailed, interp.call, fail, 0)
    assert error.excinfo.type.__name__ == "ZeroDivisionError"
    assert "in fail" in error.excinfo.errdisplay and "return 1 / n" in error.excinfo.errdisplay, error.excinfo.errdisplay
    assert "_there" not in error.excinfo.errdisplay
    assert raised(ExecutionFailed, interp.call, pow).excinfo.type.__name__ == "TypeError"
    assert raised(ExecutionFailed, interp.call, sys.exit, 3).excinfo.type.__name__ == "SystemExit"
    assert raised(ExecutionFailed, interp.call, 7).excinfo.type.__name__ == "TypeError"
    raised(TypeError, interp.call)


def test_what_cannot_be_passed():
    raised(NotShareableError, interp.call, len, (n for n in range(3)))
    raised(NotShareableError, interp.call, lambda: (n for n in range(3)))
    assert interp.call(abs, -1) == 1


def test_in_thread():
    sender, receiver = ungil.channel()
    thread = interp.call_in_thread(sender.send, "done")
    assert receiver.recv(timeout=60) == "done"
    thread.join()
    assert not thread.is_alive()
    started, go = ungil.Event(), ungil.Event()
    thread = interp.call_in_thread(lambda started, go: (started.set(), go.wait()), started, go)
    started.wait()
    assert thread.is_alive()
    thread.join(timeout=0.01)
    assert thread.is_alive()
    go.set()
    thread.join()
    assert not thread.is_alive() and thread.name


def test_exception_in_thread_is_printed():
    kept, sys.stderr = sys.stderr, io.StringIO()
    try:
        thread = interp.call_in_thread(divmod, 1, 0)
        thread.join()
        text = sys.stderr.getvalue()
    finally:
        sys.stderr = kept
    assert text.startswith(f"Exception in thread {thread.name}:") and "ZeroDivisionError" in text, text


def test_is_shareable():
    for value in (None, True, 1, 1.5, 2j, "x", b"x", (1, ("a",)), [1, {"a": {2}}], pow, lambda: 1, Point(1, 2), interp):
        assert interpreters.is_shareable(value), value
    assert interpreters.is_shareable(interpreters.create_queue())
    assert not interpreters.is_shareable(n for n in range(3))
    assert not interpreters.is_shareable([sys._getframe()])


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
interp.close()
