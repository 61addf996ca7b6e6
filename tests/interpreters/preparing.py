"""Interpreter.prepare_main()."""

from concurrent import interpreters
from concurrent.interpreters import InterpreterError, NotShareableError

from checks import raised

interp = interpreters.create()


def test_values():
    interp.prepare_main({"spam": 42, "eggs": "ham"})
    interp.exec("assert spam == 42 and eggs == 'ham'")
    interp.prepare_main(spam=43, table={"a": [1]})
    interp.exec("assert spam == 43 and eggs == 'ham' and table == {'a': [1]}")
    interp.prepare_main({"a": 1}, b=2)
    interp.exec("assert (a, b) == (1, 2)")
    interp.prepare_main({})
    interp.prepare_main()


def test_functions():
    interp.prepare_main(double=lambda n: n * 2)
    interp.exec("assert double(4) == 8")


def test_keyword_names():
    interp.prepare_main(**{"ns": 1, "code": 2})
    interp.exec("assert (ns, code) == (1, 2)")


def test_copies():
    table = [1]
    interp.prepare_main(table=table)
    interp.exec("table.append(2)")
    assert table == [1]


def test_queue():
    queue = interpreters.create_queue()
    interp.prepare_main(queue=queue)
    interp.exec("queue.put(len('four'))")
    assert queue.get() == 4


def test_what_cannot_be_passed():
    interp.prepare_main(kept=1)
    raised(NotShareableError, interp.prepare_main, kept=2, bad=(n for n in range(3)))
    interp.exec("assert kept == 1 and 'bad' not in globals()")


def test_main_itself():
    raised(InterpreterError, interpreters.get_main().prepare_main, x=1)


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
interp.close()
