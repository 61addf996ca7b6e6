"""InterpreterPoolExecutor."""

import os
from concurrent.futures import BrokenExecutor, InterpreterPoolExecutor
from concurrent.futures.interpreter import BrokenInterpreterPool

import ungil
from checks import raised


def name_and_number():
    current = ungil.current()
    return current.name, current.ident, os.getpid()


def test_this_process_another_interpreter():
    with InterpreterPoolExecutor(1, thread_name_prefix="ship") as executor:
        name, ident, pid = executor.submit(name_and_number).result()
        assert name == "ship_0" and pid == os.getpid() and ident != ungil.current().ident


def test_isolated():
    table = {"a": 1}

    def change():
        table["a"] = 2
        return table

    with InterpreterPoolExecutor(1) as executor:
        assert executor.submit(change).result() == {"a": 2}
    assert table == {"a": 1}


def test_closures_lambdas_and_methods():
    with InterpreterPoolExecutor(2) as executor:
        step = 3
        assert list(executor.map(lambda n: n * step, range(4))) == [0, 3, 6, 9]
        assert executor.submit("a-b".split, "-").result() == ["a", "b"]
        assert executor.submit(Adder(5).add, 2).result() == 7


class Adder:
    def __init__(self, base):
        self.base = base

    def add(self, n):
        return self.base + n


def test_saturation_and_reuse():
    with InterpreterPoolExecutor(4) as executor:
        go = ungil.Event()
        for _ in range(40):
            executor.submit(go.wait)
        assert len(executor._threads) == 4
        go.set()


def test_traceback_is_the_cause():
    with InterpreterPoolExecutor(1) as executor:
        error = raised(ZeroDivisionError, executor.submit(lambda: 1 / 0).result)
        assert "1 / 0" in str(error.__cause__), error.__cause__


def test_what_cannot_cross():
    with InterpreterPoolExecutor(1) as executor:
        error = raised(ungil.NotShareableError, executor.submit(len, (n for n in range(3))).result)
        assert "generator" in str(error), error
        raised(ungil.NotShareableError, executor.submit(lambda: (n for n in range(3))).result)
        assert executor.submit(abs, -1).result() == 1


def test_names():
    assert issubclass(BrokenInterpreterPool, BrokenExecutor)
    assert InterpreterPoolExecutor(1)._thread_name_prefix.startswith("InterpreterPoolExecutor-")


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
