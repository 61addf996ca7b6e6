"""Interpreter.exec()."""

from concurrent import interpreters
from concurrent.interpreters import ExecutionFailed

import ungil
from checks import raised

interp = interpreters.create()


def test_success():
    sender, receiver = ungil.channel()
    interp.prepare_main(sender=sender)
    assert interp.exec("sender.send(6 * 7)") is None
    assert receiver.recv() == 42


def test_state_stays_between_calls():
    interp.exec("x = 5\ndef double(n):\n    return n * 2")
    interp.exec("x = double(x)")
    interp.exec("assert x == 10")
    interp.exec("assert __name__ == '__main__'")


def test_isolated():
    global marker
    marker = "here"
    interp.exec("assert 'marker' not in globals()")
    interp.exec("import json; json.marker = 1")
    import json

    assert not hasattr(json, "marker")


def test_failure():
    interp.exec("def fail():\n    return {}['key']")
    error = raised(ExecutionFailed, interp.exec, "fail()")
    info = error.excinfo
    assert info.type.__name__ == info.type.__qualname__ == "KeyError" and info.type.__module__ == "builtins"
    assert info.msg == "'key'" and info.formatted == "KeyError: 'key'"
    lines = info.errdisplay.splitlines()
    assert lines[0] == "Traceback (most recent call last):" and lines[-1] == "KeyError: 'key'"
    assert any("in fail" in line for line in lines) and not any("_there" in line for line in lines), info.errdisplay
    assert str(error) == f"KeyError: 'key'\n\nUncaught in the interpreter:\n\n{info.errdisplay}"
    interp.exec("assert x == 10")


def test_failures_of_other_kinds():
    assert raised(ExecutionFailed, interp.exec, "x = (").excinfo.type.__name__ == "SyntaxError"
    assert raised(ExecutionFailed, interp.exec, "raise SystemExit(3)").excinfo.type.__name__ == "SystemExit"
    assert raised(ExecutionFailed, interp.exec, "raise KeyboardInterrupt").excinfo.formatted == "KeyboardInterrupt"
    assert raised(ExecutionFailed, interp.exec, "class E(Exception): pass\nraise E('x')").excinfo.msg == "x"
    interp.exec("assert x == 10")


def test_code_objects_and_functions():
    interp.exec(compile("y = 3", "<made>", "exec"))
    interp.exec("assert y == 3")

    def work():
        assert __name__ == "__main__"

    interp.exec(work)


def test_wrong_arguments():
    for wrong in (10, b"x = 1", None):
        raised(TypeError, interp.exec, wrong)


def test_does_not_touch_this_one():
    interp.exec("import sys; sys.path.append('elsewhere'); import os; os.environ['ELSEWHERE'] = '1'")
    import os
    import sys

    assert "elsewhere" not in sys.path and "ELSEWHERE" not in os.environ


def test_two_in_parallel():
    other = interpreters.create()
    meeting = ungil.Barrier(3)
    threads = [one.call_in_thread(meeting.wait) for one in (interp, other)]
    meeting.wait()
    for thread in threads:
        thread.join()
    other.close()


def test_nested():
    interp.exec(
        "from concurrent import interpreters\n"
        "inner = interpreters.create()\n"
        "assert inner.call(pow, 2, 3) == 8\n"
        "inner.close()\n"
    )


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
interp.close()
