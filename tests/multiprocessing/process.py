"""What CPython's tests of Process cover: life, names, codes, stopping, children."""

import multiprocessing as mp
import os
import sys
import time
from multiprocessing import connection
from multiprocessing.process import AuthenticationString


def raises(kind, function, *args, text=""):
    try:
        function(*args)
    except kind as error:
        assert text in str(error), error
        return error
    raise AssertionError(f"{kind.__name__} expected")


def test_current():
    current = mp.current_process()
    assert current.is_alive() and not current.daemon
    assert current.name == "MainProcess" and current.exitcode is None
    assert isinstance(current.authkey, bytes) and len(current.authkey) > 0
    assert current.ident == current.pid == os.getpid()
    assert mp.parent_process() is None


def test_authkey():
    raises(TypeError, AuthenticationString(b"key").__reduce__)
    process = mp.Process(target=print)
    process.authkey = b"mine"
    queue = mp.Queue()
    process = mp.Process(target=lambda: queue.put(bytes(mp.current_process().authkey)))
    process.authkey = b"mine"
    process.start()
    assert queue.get() == b"mine"
    process.join()


def report(queue, *args, **kwargs):
    current = mp.current_process()
    queue.put((args, kwargs, current.name, bytes(current.authkey), current.pid, os.getpid(), os.getppid()))


def test_process():
    queue = mp.Queue()
    kwargs = {"hello": 23, "bye": 2.54}
    process = mp.Process(target=report, args=(queue, 1, 2), kwargs=kwargs, name="SomeProcess", daemon=True)
    assert process.daemon and not process.is_alive() and process.exitcode is None and process.pid is None
    assert process not in mp.active_children()
    assert process.authkey == mp.current_process().authkey
    process.start()
    assert process in mp.active_children() or not process.is_alive()
    args, kwargs, name, key, pid, own_pid, parent_pid = queue.get()
    assert args == (1, 2) and kwargs == {"hello": 23, "bye": 2.54} and name == "SomeProcess"
    assert key == mp.current_process().authkey
    assert pid == own_pid == process.pid == process.ident != os.getpid() == parent_pid
    process.join()
    assert process.exitcode == 0 and not process.is_alive()
    assert process not in mp.active_children()


def test_names():
    numbers = [mp.Process(target=print).name for _ in range(2)]
    first = int(numbers[0].partition("-")[2])
    assert numbers == [f"Process-{first}", f"Process-{first + 1}"], numbers
    assert mp.get_context("spawn").Process(target=print).name.startswith("SpawnProcess-")
    queue = mp.Queue()
    process = mp.Process(target=lambda: queue.put(mp.Process(target=print).name))
    process.start()
    assert queue.get() == f"{process.name}:1"
    process.join()


def test_misuse():
    process = mp.Process(target=print)
    raises(AssertionError, process.join, text="can only join a started process")
    raises(ValueError, lambda: process.sentinel, text="process not started")
    process = mp.Process(target=int)
    process.start()
    raises(AssertionError, process.start, text="cannot start a process twice")
    raises(AssertionError, setattr, process, "daemon", True, text="process has already started")
    raises(AssertionError, mp.Process, 1, text="group argument must be None")
    process.join()


def test_repr():
    process = mp.Process(target=int, name="shown")
    assert repr(process) == f"<Process name='shown' parent={os.getpid()} initial>"
    process.start()
    process.join()
    assert repr(process) == f"<Process name='shown' pid={process.pid} parent={os.getpid()} stopped exitcode=0>"


class Upper(mp.Process):
    def __init__(self):
        super().__init__()
        self.connection, self.there = mp.Pipe()

    def run(self):
        for text in iter(self.there.recv, None):
            self.there.send(text.upper())

    def submit(self, text):
        self.connection.send(text)
        return self.connection.recv()


def test_subclassing():
    process = Upper()
    process.start()
    assert process.submit("hello") == "HELLO"
    assert process.submit("world") == "WORLD"
    process.connection.send(None)
    process.join()
    assert process.exitcode == 0


def test_exit_codes():
    for given, expected in ((None, 0), (0, 0), (7, 7), (True, 1), (False, 0)):
        process = mp.Process(target=sys.exit, args=(given,))
        process.start()
        process.join()
        assert process.exitcode == expected, (given, process.exitcode)
    process = mp.Process(target=os._exit, args=(5,))
    process.start()
    process.join()
    assert process.exitcode == 5


def spin(event):
    event.set()
    while True:
        pass


def sleep(event):
    event.set()
    time.sleep(1000)


def stopped(how, target):
    event = mp.Event()
    process = mp.Process(target=target, args=(event,), daemon=True)
    process.start()
    event.wait()
    assert process.is_alive() and process.exitcode is None
    process.join(0)
    process.join(-1)
    assert process.is_alive()
    getattr(process, how)()
    process.join()
    assert not process.is_alive() and process not in mp.active_children()
    return process.exitcode


def test_terminate():
    assert stopped("terminate", spin) == -15
    assert stopped("terminate", sleep) == -15


def test_kill():
    assert stopped("kill", spin) == -9
    assert stopped("kill", sleep) == -9


def close_errors():
    sys.stderr = open(os.devnull, "w")


def test_exit_codes_have_eight_bits():
    for status, code in [(3, 3), (256, 0), (261, 5), (-1, 255)]:
        for end in (sys.exit, os._exit):
            process = mp.Process(target=end, args=(status,))
            process.start()
            process.join()
            assert process.exitcode == code, (end, status, process.exitcode)


def test_interrupt():
    def interrupted(event):
        close_errors()
        try:
            sleep(event)
        except KeyboardInterrupt:
            sys.exit(40)

    assert stopped("interrupt", interrupted) == 40

    def not_handled(event):
        close_errors()
        sleep(event)

    assert stopped("interrupt", not_handled) == 1


def test_finally_is_run_by_terminate():
    queue = mp.Queue()

    def tidy(event):
        try:
            sleep(event)
        finally:
            queue.put("tidied")

    assert stopped("terminate", tidy) == -15
    assert queue.get() == "tidied"


def test_sentinel():
    event = mp.Event()
    process = mp.Process(target=event.wait)
    process.start()
    assert connection.wait([process.sentinel], timeout=0) == []
    event.set()
    assert connection.wait([process.sentinel]) == [process.sentinel]
    process.join()


def test_close():
    event = mp.Event()
    process = mp.Process(target=event.wait)
    process.start()
    raises(ValueError, process.close, text="Cannot close a process while it is still running")
    event.set()
    process.join()
    process.close()
    for use in (process.is_alive, process.join, process.terminate):
        raises(ValueError, use, text="process object is closed")
    process.close()
    assert repr(process) == f"<Process name={process.name!r} parent={os.getpid()} closed>"


def recurse(sender, numbers):
    sender.send(numbers)
    if len(numbers) < 2:
        for number in range(2):
            process = mp.Process(target=recurse, args=(sender, [*numbers, number]))
            process.start()
            process.join()


def test_recursion():
    receiver, sender = mp.Pipe(False)
    recurse(sender, [])
    result = []
    while receiver.poll(0):
        result.append(receiver.recv())
    assert result == [[], [0], [0, 0], [0, 1], [1], [1, 0], [1, 1]], result


def test_parent_process():
    queue = mp.Queue()

    def child():
        parent = mp.parent_process()
        queue.put((parent.name, parent.pid, parent.is_alive(), connection.wait([parent.sentinel], timeout=0)))
        parent.join(0)

    process = mp.Process(target=child)
    process.start()
    assert queue.get() == ("MainProcess", os.getpid(), True, [])
    process.join()


def test_parent_that_ends_is_noticed():
    queue = mp.Queue()

    def grandchild():
        parent = mp.parent_process()
        queue.put(parent.is_alive())
        parent.join()
        queue.put(parent.is_alive())

    def child():
        mp.Process(target=grandchild).start()
        time.sleep(1000)

    process = mp.Process(target=child)
    process.start()
    assert queue.get() is True
    process.kill()
    assert queue.get() is False
    process.join()


def test_children_are_joined_at_the_end():
    queue = mp.Queue()

    def child():
        mp.Process(target=lambda: (time.sleep(0.05), queue.put("grandchild"))).start()
        mp.Process(target=time.sleep, args=(1000,), daemon=True).start()

    process = mp.Process(target=child)
    process.start()
    process.join()
    assert queue.get_nowait() == "grandchild"


def test_daemons_have_no_children():
    queue = mp.Queue()

    def child():
        try:
            mp.Process(target=print).start()
        except AssertionError as error:
            queue.put(str(error))

    process = mp.Process(target=child, daemon=True)
    process.start()
    assert queue.get() == "daemonic processes are not allowed to have children"
    process.join()


def test_what_cannot_be_sent_starts_nothing():
    before = mp.active_children()
    process = mp.Process(target=print, args=((number for number in range(3)),))
    raises(TypeError, process.start)
    assert mp.active_children() == before and process.exitcode is None


def test_atexit_of_a_child():
    import atexit

    queue = mp.Queue()
    process = mp.Process(target=lambda: atexit.register(queue.put, "at exit"))
    process.start()
    process.join()
    assert queue.get_nowait() == "at exit"


def test_many():
    queue = mp.SimpleQueue()
    processes = [mp.Process(target=queue.put, args=(number,)) for number in range(20)]
    for process in processes:
        process.start()
    assert sorted(queue.get() for _ in processes) == list(range(20))
    for process in processes:
        process.join()
        assert process.exitcode == 0


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
