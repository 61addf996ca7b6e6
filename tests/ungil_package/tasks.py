"""spawn() and tasks."""

import os
import subprocess
import sys

import ungil
from checks import raised

OFFSET = 100


def add(a, b=1):
    return OFFSET + a + b


def spin(started):
    started.set()
    while True:
        pass


def test_result():
    assert ungil.spawn(add, 1).result() == 102
    assert ungil.spawn(add, 1, b=2).result() == 103
    assert ungil.spawn(lambda: add(5)).result() == 106
    step = 7
    assert ungil.spawn(lambda n: n + step, 1).result() == 8
    task = ungil.spawn(list, range(3))
    assert task.result() is task.result(), "it is opened once"
    assert task.exception() is None and task.done() and not task.cancelled()


def test_exception():
    def fail(n):
        return 1 / n

    task = ungil.spawn(fail, 0)
    error = raised(ZeroDivisionError, task.result)
    assert "in fail" in str(error.__cause__) and "return 1 / n" in str(error.__cause__), error.__cause__
    assert task.exception() is error and task.done()


def test_timeout():
    go = ungil.Event()
    task = ungil.spawn(go.wait)
    raised(TimeoutError, task.result, timeout=0.01)
    raised(TimeoutError, task.exception, 0.01)
    assert not task.join(0.01) and not task.done()
    go.set()
    assert task.result(timeout=60) is True and task.join()


def test_cancel():
    started = ungil.Event()
    task = ungil.spawn(spin, started)
    started.wait()
    assert task.cancel()
    error = raised(ungil.TaskCancelled, task.result)
    assert "spin" in str(error) and task.cancelled() and task.done()
    assert not task.cancel()
    done = ungil.spawn(abs, -1)
    done.join()
    assert not done.cancel() and done.result() == 1


def test_exit():
    error = raised(ungil.TaskExited, ungil.spawn(sys.exit, 3).result)
    assert error.code == 3 and isinstance(error, ungil.TaskEnded)
    assert raised(ungil.TaskExited, ungil.spawn(os._exit, 4).result).code == 4


def test_what_cannot_be_passed():
    error = raised(ungil.NotShareableError, ungil.spawn, len, [1, (n for n in range(3))])
    assert "generator" in str(error), error
    raised(ungil.NotShareableError, ungil.spawn(lambda: (n for n in range(3))).result)


def test_callbacks():
    called = []
    task = ungil.spawn(abs, -5)
    task.add_done_callback(lambda task: called.append(task.result()))
    task.join()
    while not called:
        pass
    assert called == [5]
    task.add_done_callback(lambda task: called.append("late"))
    while len(called) < 2:
        pass


def test_passed_to_another():
    go = ungil.Event()
    first = ungil.spawn(lambda go: go.wait() and 5, go)
    second = ungil.spawn(lambda task: task.result() + 1, first)
    go.set()
    assert second.result() == 6
    assert ungil.spawn(lambda task: task, first).result() == first
    assert len({first, ungil.pack(first).open(), second}) == 2


def test_names():
    task = ungil.spawn(add, 1)
    assert task.name == "add" and isinstance(task.ident, int)
    task.join()
    assert repr(task) == "<ungil.Task 'add' ended>"


def test_many():
    tasks = [ungil.spawn(lambda n: n * n, n) for n in range(30)]
    assert [task.result() for task in tasks] == [n * n for n in range(30)]


def end_of_script(source):
    outcome = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60)
    return outcome.returncode, outcome.stdout, outcome.stderr


def test_a_script_waits_for_its_tasks():
    source = "import ungil, time\nungil.spawn(lambda: (time.sleep(0.05), print('done', flush=True)))"
    assert end_of_script(source) == (0, "done\n", "")


def test_a_loop_over_a_channel_ends_with_the_script():
    source = """
import ungil

def show(receiver):
    for value in receiver:
        print(value, flush=True)
    print("end", flush=True)

sender, receiver = ungil.channel()
ungil.spawn(show, receiver)
for n in range(3):
    sender.send(n)
"""
    assert end_of_script(source) == (0, "0\n1\n2\nend\n", "")


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
