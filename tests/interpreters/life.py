"""Interpreters: made, listed, named, asked, closed."""

from concurrent import interpreters
from concurrent.interpreters import Interpreter, InterpreterError, InterpreterNotFoundError

import ungil
from checks import raised


def test_create():
    interp = interpreters.create()
    assert isinstance(interp, Interpreter) and interp in interpreters.list_all()
    other = interpreters.create()
    assert interp.id != other.id and interp != other
    assert other.call(lambda: __import__("concurrent.interpreters").interpreters.get_current().id) == other.id
    interp.close()
    other.close()


def test_main_and_current():
    main = interpreters.get_main()
    assert main is interpreters.get_main() and main is interpreters.get_current()
    assert interpreters.list_all() == [main]
    assert main.whence == "runtime init" and main.is_running()
    interp = interpreters.create()

    def look():
        from concurrent import interpreters

        return interpreters.get_main().id, interpreters.get_current().id, interpreters.get_current().whence

    assert interp.call(look) == (main.id, interp.id, "_interpreters module")
    interp.close()


def test_list_all():
    before = interpreters.list_all()
    made = [interpreters.create() for _ in range(3)]
    assert interpreters.list_all() == before + made
    made[1].close()
    assert interpreters.list_all() == [*before, made[0], made[2]]
    assert all(one is other for one, other in zip(interpreters.list_all(), interpreters.list_all()))
    made[0].close()
    made[2].close()


def test_by_number():
    interp = interpreters.create()
    assert Interpreter(interp.id) is interp
    assert Interpreter(interpreters.get_main().id) is interpreters.get_main()
    for wrong in ("1", 1.0, None):
        raised(TypeError, Interpreter, wrong)
    raised(InterpreterNotFoundError, Interpreter, 1_000_000)
    raised(InterpreterNotFoundError, Interpreter, -1)
    interp.close()


def test_attributes():
    interp = interpreters.create()
    assert isinstance(interp.id, int) and interp.whence == "_interpreters module"
    assert repr(interp) == f"Interpreter({interp.id})"
    assert hash(interp) == hash(interp.id)
    for name in ("id", "whence"):
        raised(AttributeError, setattr, interp, name, 7)
    interp.close()
    assert isinstance(interp.id, int)


def test_passed_to_another():
    interp, other = interpreters.create(), interpreters.create()
    assert interp.call(lambda o: (type(o).__name__, o.id), other) == ("Interpreter", other.id)
    assert interp.call(lambda o: o, other) is other
    assert interp.call(lambda o: o.call(pow, 2, 5), other) == 32
    assert ungil.pack(other).open() is other
    interp.close()
    other.close()


def test_is_running():
    interp = interpreters.create()
    assert not interp.is_running()
    started, go = ungil.Event(), ungil.Event()
    thread = interp.call_in_thread(lambda started, go: (started.set(), go.wait()), started, go)
    started.wait()
    assert interp.is_running()
    for action in (interp.close, lambda: interp.exec("1"), lambda: interp.call(pow, 1, 1), lambda: interp.prepare_main(x=1)):
        assert "running" in str(raised(InterpreterError, action))
    go.set()
    thread.join()
    assert not interp.is_running()
    assert interp.call(pow, 2, 2) == 4
    interp.close()
    raised(InterpreterNotFoundError, interp.is_running)


def test_close():
    interp = interpreters.create()
    interp.close()
    assert interp not in interpreters.list_all()
    for action in (interp.close, lambda: interp.exec("1"), lambda: interp.call(pow, 1, 1), lambda: interp.prepare_main(x=1)):
        raised(InterpreterNotFoundError, action)


def test_close_what_is_not_ones_own():
    raised(InterpreterError, interpreters.get_main().close)
    raised(InterpreterError, interpreters.get_main().exec, "1")
    interp = interpreters.create()

    def close_oneself():
        from concurrent import interpreters

        try:
            interpreters.get_current().close()
        except interpreters.InterpreterError as error:
            return str(error)

    assert "current" in interp.call(close_oneself)
    assert interp.call(pow, 2, 2) == 4
    interp.close()


def test_close_from_another():
    interp, other = interpreters.create(), interpreters.create()
    other.call(lambda interp: interp.close(), interp)
    raised(InterpreterNotFoundError, interp.exec, "1")
    other.close()


def test_exceptions():
    assert issubclass(InterpreterNotFoundError, InterpreterError)
    assert issubclass(interpreters.ExecutionFailed, InterpreterError)
    assert issubclass(interpreters.NotShareableError, TypeError)
    for name in interpreters.__all__:
        assert hasattr(interpreters, name), name


def test_atexit_runs_at_close():
    sender, receiver = ungil.channel()
    interp = interpreters.create()
    interp.call(lambda sender: __import__("atexit").register(sender.send, "bye"), sender)
    interp.close()
    assert receiver.recv(timeout=60) == "bye"


def test_left_open_at_the_end():
    global left
    left = interpreters.create()
    left.exec("x = 1")


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
