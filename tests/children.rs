//! What `_ungil` offers to the standard library's parallel modules: children, isolates, deliveries, select.

use std::time::Duration;

use ungil::{Error, Interpreter, Output};

/// Runs a script in an interpreter of its own; what it asserts is the test.
fn run(script: &str) {
    let py = interpreter();
    if let Err(error) = py.exec(script) {
        panic!("{error}\nstdout:\n{}", String::from_utf8_lossy(&py.take_stdout()));
    }
}

fn interpreter() -> Interpreter {
    Interpreter::builder()
        .stdout(Output::Capture)
        .stderr(Output::Capture)
        .build()
        .unwrap()
}

#[test]
fn a_child_returns_raises_or_exits() {
    run(r#"
from _ungil import start

def divide(a, b):
    return a / b

child = start(divide, (6, 3))
assert child.join() and child.exitcode == 0
kind, parcel = child.outcome()
assert (kind, parcel.open()) == ("returned", 2.0)

child = start(divide, (6, 0))
child.join()
kind, parcel = child.outcome()
assert kind == "raised" and child.exitcode == 1
assert type(parcel.open()) is ZeroDivisionError

child = start(lambda: exit(7))
child.join()
assert child.outcome() == ("exited", 7) and child.exitcode == 7
"#);
}

#[test]
fn what_a_child_prints_goes_where_its_starter_prints() {
    let py = interpreter();
    py.exec("from _ungil import start\nstart(print, ('from the child',)).join()")
        .unwrap();
    assert_eq!(py.take_stdout(), b"from the child\n");
}

#[test]
fn a_child_inherits_environment_path_directory_and_arguments() {
    run(r#"
import os, sys
from _ungil import start

os.environ["CHILD_SEES"] = "this"
sys.path.append("/somewhere/else")
sys.argv[:] = ["program", "argument"]
os.chdir("/")

def look():
    import os, sys
    return os.environ["CHILD_SEES"], sys.path[-1], sys.argv, os.getcwd(), sys.stdin.read()

child = start(look)
child.join()
assert child.outcome()[1].open() == ("this", "/somewhere/else", ["program", "argument"], "/", "")
"#);
}

#[test]
fn a_process_has_an_id_of_its_own_and_a_thread_its_starter_s() {
    run(r#"
import os
from _ungil import start

def ids():
    import os
    return os.getpid(), os.getppid()

process, thread = start(ids, kind="process"), start(ids, kind="thread")
process.join(), thread.join()
assert process.outcome()[1].open() == (process.pid, os.getpid())
assert thread.outcome()[1].open() == (os.getpid(), os.getppid())
assert process.pid != thread.pid
assert process.pid > int(open("/proc/sys/kernel/pid_max").read())
"#);
}

#[test]
fn a_child_is_stopped_wherever_it_is() {
    run(r#"
from _ungil import start, channel

def spin(started):
    started.send(1)
    while True: pass

def sleep(started):
    import time
    started.send(1)
    time.sleep(600)

def wait(started):
    from _ungil import channel
    sender, receiver = channel()
    started.send(1)
    receiver.recv()

def stubborn(started):
    started.send(1)
    while True:
        try:
            while True: pass
        except BaseException:
            pass

for function in (spin, sleep, wait, stubborn):
    for stop, code in (("terminate", -15), ("kill", -9)):
        sender, receiver = channel()
        child = start(function, (sender,))
        receiver.recv()
        getattr(child, stop)()
        assert child.join(60), function
        assert child.exitcode == code, (function, child.exitcode)
"#);
}

#[test]
fn a_child_that_has_not_begun_is_stopped_too() {
    run(r#"
from _ungil import start
children = [start(print, ("never mind",)) for _ in range(4)]
for child in children:
    child.terminate()
assert all(child.join(60) for child in children)
assert all(child.exitcode in (0, -15) for child in children)
"#);
}

#[test]
fn os_exit_in_a_child_ends_the_child_without_finally_or_exit_functions() {
    run(r#"
from _ungil import start, channel

def leave(sender):
    import atexit, os
    atexit.register(sender.send, "exit function")
    try:
        os._exit(9)
    finally:
        while True: pass

sender, receiver = channel()
child = start(leave, (sender,))
del sender
assert child.join(60) and child.outcome() == ("exited", 9)
assert list(receiver) == []
"#);
}

#[test]
fn signals_reach_children_by_their_ids_and_nothing_else() {
    run(r#"
import os, signal
from _ungil import start, channel

def wait(started):
    started.send(1)
    import time
    time.sleep(600)

def handle(started):
    import signal, time
    seen = []
    signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    started.send(1)
    while not seen:
        time.sleep(0.01)
    return seen

def begin(function):
    sender, receiver = channel()
    child = start(function, (sender,))
    receiver.recv()
    return child

child = begin(wait)
os.kill(child.pid, 0)
os.kill(child.pid, signal.SIGINT)
child.join(60)
assert type(child.outcome()[1].open()) is KeyboardInterrupt

child = begin(wait)
os.kill(child.pid, signal.SIGUSR1)
assert child.join(60) and child.exitcode == -signal.SIGUSR1

child = begin(handle)
child.terminate()
assert child.join(60) and child.outcome()[1].open() == [signal.SIGTERM]

try:
    os.kill(child.pid, 0)
except ProcessLookupError:
    pass
else:
    raise AssertionError("it has ended")

def attack():
    import os
    refused = []
    for pid in (os.getppid(), 0, -1):
        try:
            os.kill(pid, 15)
        except PermissionError:
            refused.append(pid)
    return len(refused)

child = start(attack)
child.join()
assert child.outcome()[1].open() == 3
"#);
}

#[test]
fn what_cannot_cross_starts_nothing() {
    run(r#"
from _ungil import start, children, NotShareableError
try:
    start(print, (open("/dev/null"),))
except NotShareableError as error:
    assert "args" in str(error), error
else:
    raise AssertionError
assert children() == []
"#);
}

#[test]
fn an_isolate_keeps_what_it_was_given() {
    run(r#"
from _ungil import isolate, isolates
one, other = isolate("one"), isolate()
one.set("x", [1, 2]).join()
one.exec("x.append(3)").join()

def read():
    import __main__
    return getattr(__main__, "x", None)

def result(job):
    job.join()
    kind, parcel = job.outcome()
    assert kind == "returned", kind
    return parcel.open()

assert result(one.call(read)) == [1, 2, 3]
assert result(other.call(read)) is None
failed = one.exec("x[10]")
failed.join()
assert type(failed.outcome()[1].open()) is IndexError
assert set(isolates()) == {one, other}
one.close()
assert isolates() == [other] and not one.is_alive()
gone = one.call(read)
assert gone.join(60) and gone.outcome()[0] == "lost"
"#);
}

#[test]
fn an_inbox_handles_messages_between_bytecodes_and_in_waits() {
    run(r#"
from _ungil import Inbox, start, channel

got = []
inbox = Inbox(got.append)

def send(sender, count):
    for number in range(count):
        sender.send(number)

start(send, (inbox.sender, 100))
while len(got) < 100:
    pass
assert got == list(range(100))

got.clear()
child = start(send, (inbox.sender, 3))
child.join()
inbox.pump()
assert got == [0, 1, 2]

got.clear()
sender, receiver = channel()

def reply(message):
    got.append(message)
    sender.send("done")

inbox = Inbox(reply)
start(send, (inbox.sender, 1))
assert receiver.recv(60) == "done" and got == [0]
"#);
}

#[test]
fn a_script_that_sleeps_or_selects_in_the_system_is_woken_for_its_inbox() {
    run(r#"
import select, time
from _ungil import Inbox, start

def late(sender):
    import time
    time.sleep(0.05)
    sender.send("message")

class Got(Exception): pass
woken = []
inbox = Inbox(woken.append)
start(late, (inbox.sender,))
while not woken:
    time.sleep(0.5)
woken.clear()
start(late, (inbox.sender,))
while not woken:
    select.select([], [], [], 0.5)
"#);
}

#[test]
fn handlers_wait_until_the_script_holds_no_lock() {
    run(r#"
from _ungil import Inbox, Lock
got = []
inbox = Inbox(got.append)
sender = inbox.sender
lock = Lock()
with lock:
    sender.send(1)
    for _ in range(1000):
        pass
    assert got == []
for _ in range(1000):
    pass
assert got == [1]
"#);
}

#[test]
fn what_a_handler_raises_is_reported_and_the_next_message_handled() {
    run(r#"
import sys
from _ungil import Inbox
reports, got = [], []
sys.unraisablehook = lambda report: reports.append(type(report.exc_value))

def handle(message):
    if message == 1:
        raise ValueError
    got.append(message)

inbox = Inbox(handle)
for number in range(3):
    inbox.sender.send(number)
inbox.pump()
assert reports == [ValueError] and got == [0, 2]
"#);
}

#[test]
fn when_ready_calls_once_and_can_be_cancelled() {
    run(r#"
from _ungil import channel, when_ready
calls = []
sender, receiver = channel()
when_ready(receiver, lambda: calls.append("first"))
cancelled = when_ready(receiver, lambda: calls.append("never"))
assert cancelled.cancel() and not cancelled.cancel()
sender.send(1)
sender.send(2)
for _ in range(1000):
    pass
assert calls == ["first"]
when_ready(receiver, lambda: calls.append("at once"))
for _ in range(1000):
    pass
assert calls == ["first", "at once"]
"#);
}

#[test]
fn select_finds_what_is_ready() {
    run(r#"
import socket
from _ungil import channel, select, start, Inbox
first, second = channel(), channel()
assert select([first[1], second[1]], 0.01) == []
second[0].send(1)
assert select([first[1], second[1]]) == [second[1]]
first[0].close()
assert select([first[1], second[1]]) == [first[1], second[1]]

child = start(abs, (1,))
assert select([child], 60) == [child]

here, there = socket.socketpair()
third = channel()
assert select([here, third[1]], 0.01) == []
start(lambda sender: sender.send(1), (third[0],))
assert select([here, third[1]], 60) == [third[1]]
there.send(b"x")
assert select([here, third[1]], 60) == [here, third[1]]
assert select([here.fileno()], 60) == [here.fileno()]
"#);
}

#[test]
fn names_are_known_in_the_family_only() {
    let one = interpreter();
    one.exec(
        r#"
from _ungil import start, publish, find, withdraw
assert publish("name", {"port": 1}) and not publish("name", 2)
child = start(find, ("name",))
child.join()
assert child.outcome()[1].open() == {"port": 1}
"#,
    )
    .unwrap();
    let other = interpreter();
    let error = other.exec("from _ungil import find\nfind('name')").unwrap_err();
    assert_eq!(error.as_exception().unwrap().type_name(), "KeyError");
    one.exec("assert withdraw('name') and not withdraw('name')").unwrap();
}

#[test]
fn a_host_that_stops_a_script_that_joins_is_answered_at_once() {
    let py = interpreter();
    let (started, has_started) = ungil::channel::<i64>(1);
    py.set("started", started).unwrap();
    let job = py.spawn::<()>(ungil::Task::exec(
        "from _ungil import start\nimport time\nchild = start(time.sleep, (600,))\nstarted.send(1)\nchild.join()",
    ));
    has_started.recv_timeout(Duration::from_secs(60)).unwrap();
    job.cancel();
    assert!(matches!(job.wait(), Err(Error::Cancelled)));
    py.exec("assert child.is_alive()\nchild.kill()\nassert child.join(60)")
        .unwrap();
}
