"""What CPython's tests of Pipe, Connection, Listener, Client and wait cover, without passing file descriptors."""

import array
import multiprocessing as mp
import pickle
import socket
import time
from multiprocessing import connection


def raises(kind, function, *args, text="", **kwargs):
    try:
        function(*args, **kwargs)
    except kind as error:
        assert text in str(error), error
        return error
    raise AssertionError(f"{kind.__name__} expected")


def start(target, *args):
    process = mp.Process(target=target, args=args, daemon=True)
    process.start()
    return process


def echo(conn):
    for message in iter(conn.recv_bytes, b""):
        conn.send_bytes(message)
    conn.close()


def test_bytes():
    conn, child = mp.Pipe()
    process = start(echo, child)
    conn.send_bytes(b"latin")
    assert conn.recv_bytes() == b"latin"
    buffer = array.array("i", [0] * 10)
    values = array.array("i", [1, 2, 3, 4])
    conn.send_bytes(values)
    assert conn.recv_bytes_into(buffer) == len(values) * values.itemsize
    assert list(buffer) == [1, 2, 3, 4] + [0] * 6
    conn.send_bytes(values)
    assert conn.recv_bytes_into(buffer, 3 * buffer.itemsize) == len(values) * values.itemsize
    assert list(buffer) == [1, 2, 3, 1, 2, 3, 4, 0, 0, 0]
    longer = bytearray(b"long")
    conn.send_bytes(b"longer than that")
    error = raises(mp.BufferTooShort, conn.recv_bytes_into, longer)
    assert error.args == (b"longer than that",)
    large = b"x" * 5_000_000
    conn.send_bytes(large)
    assert conn.recv_bytes() == large
    conn.send_bytes(b"")
    process.join()


def test_parts_of_buffers():
    first, second = mp.Pipe()
    message = b"abcdefghijklmnopqrstuvwxyz"
    for args, part in (
        ((), message),
        ((5,), message[5:]),
        ((7, 8), message[7:15]),
        ((26,), b""),
        ((26, 0), b""),
    ):
        first.send_bytes(message, *args)
        assert second.recv_bytes() == part
    for args in ((27,), (22, 5), (26, 1), (-1,), (4, -1)):
        raises(ValueError, first.send_bytes, message, *args)
    first.send_bytes(b"abc")
    raises(ValueError, second.recv_bytes, -1)
    raises(ValueError, second.recv_bytes_into, bytearray(4), -1)
    raises(ValueError, second.recv_bytes_into, bytearray(4), 5)
    raises(OSError, second.recv_bytes, 2, text="bad message length")
    raises(OSError, second.recv_bytes)


def test_objects():
    first, second = mp.Pipe()
    for obj in (1, None, "é", [1, {"a": (2, 3)}], 10**40, 2.5):
        first.send(obj)
        assert second.recv() == obj
    first.send(lambda x: x * 2)
    assert second.recv()(4) == 8
    raises(TypeError, first.send, (n for n in "ab"))
    assert not second.poll()
    first.send({"a": 1})
    assert pickle.loads(second.recv_bytes()) == {"a": 1}
    first.send_bytes(pickle.dumps([5]))
    assert second.recv() == [5]


def test_one_way():
    reader, writer = mp.Pipe(duplex=False)
    writer.send(1)
    assert reader.recv() == 1
    assert reader.readable and not reader.writable and writer.writable and not writer.readable
    raises(OSError, reader.send, 2, text="read-only")
    raises(OSError, writer.recv, text="write-only")
    raises(OSError, writer.poll)


def test_poll():
    conn, child = mp.Pipe()
    assert conn.poll() is False and conn.poll(-1) is False
    started = time.monotonic()
    assert conn.poll(0.05) is False and time.monotonic() - started >= 0.05
    process = start(echo, child)
    conn.send_bytes(b"now")
    assert conn.poll(None) is True and conn.recv_bytes() == b"now" and conn.poll() is False
    conn.send_bytes(b"")
    process.join()


def test_end():
    conn, child = mp.Pipe()
    process = start(lambda: child.send("bye"))
    child.close()
    assert conn.recv() == "bye"
    process.join()
    assert conn.poll() is True
    raises(EOFError, conn.recv)
    raises(BrokenPipeError, conn.send, "anybody?")
    conn.close()
    assert conn.closed
    for use in (conn.recv, conn.poll, lambda: conn.send(1), conn.fileno):
        raises(OSError, use, text="handle is closed")
    with mp.Pipe()[0] as conn:
        assert not conn.closed
    assert conn.closed


def test_killed_peer():
    conn, child = mp.Pipe()
    process = start(echo, child)
    child.close()
    conn.send_bytes(b"there?")
    assert conn.recv_bytes() == b"there?"
    process.kill()
    raises(EOFError, conn.recv_bytes)
    process.join()


def test_connections_cross():
    conn, child = mp.Pipe()

    def hand_out():
        here, there = mp.Pipe()
        child.send(there)
        there.close()
        here.send(here.recv() + 1)

    process = start(hand_out)
    given = conn.recv()
    given.send(41)
    assert given.recv() == 42
    process.join()


def test_wait():
    pipes = [mp.Pipe(False) for _ in range(4)]

    def send(number, writer):
        for i in range(10):
            writer.send((i, number))

    processes = [start(send, number, writer) for number, (_, writer) in enumerate(pipes)]
    for _, writer in pipes:
        writer.close()
    readers = [reader for reader, _ in pipes]
    writer = None
    del pipes
    messages = []
    while readers:
        for reader in connection.wait(readers):
            try:
                messages.append(reader.recv())
            except EOFError:
                readers.remove(reader)
    assert sorted(messages) == sorted((i, number) for number in range(4) for i in range(10))
    for process in processes:
        process.join()


def test_wait_times_out():
    first, second = mp.Pipe()
    started = time.monotonic()
    assert connection.wait([first, second], 0.05) == []
    assert time.monotonic() - started >= 0.05
    assert connection.wait([first, second], timeout=-1) == [] == connection.wait([], timeout=0)
    second.send(None)
    assert connection.wait([first, second], 20) == [first]
    first.send(None)
    assert connection.wait([first, second]) == [first, second]


def test_wait_takes_all_kinds():
    event = mp.Event()
    process = start(event.wait)
    conn, other = mp.Pipe()
    near, far = socket.socketpair()
    with near, far:
        everything = [process.sentinel, conn, near, far.fileno()]
        assert connection.wait(everything, 0) == []
        far.send(b"x")
        assert connection.wait(everything, 20) == [near]
        other.send(1)
        near.send(b"y")
        assert connection.wait(everything, 20) == [conn, near, far.fileno()]
        assert connection.wait([process.sentinel], 0) == []
        event.set()
        assert connection.wait([process.sentinel], 20) == [process.sentinel]
    process.join()


def client_of(address):
    conn = connection.Client(address)
    conn.send("hello")
    assert conn.recv() == "welcome"
    conn.close()


def test_listener():
    for family in connection.families:
        with connection.Listener(family=family) as listener:
            process = start(client_of, listener.address)
            conn = listener.accept()
            assert conn.recv() == "hello"
            conn.send("welcome")
            raises(EOFError, conn.recv)
            process.join()
            assert process.exitcode == 0
            assert (listener.last_accepted is None) == (family != "AF_INET")
        raises(OSError, listener.accept, text="listener is closed")
        raises(ConnectionRefusedError, connection.Client, listener.address)


def test_addresses():
    with connection.Listener(("localhost", 0)) as listener:
        host, port = listener.address
        assert port > 0
        raises(OSError, connection.Listener, listener.address, text="Address already in use")
        connection.Client(("127.0.0.1", port)).send("early")
        conn = listener.accept()
        assert conn.recv() == "early"
    connection.Listener(listener.address).close()
    left = connection.Listener("/tmp/left")
    del left
    connection.Listener("/tmp/left").close()
    raises(ValueError, connection.Listener, family="AF_NONE")
    raises(ValueError, connection.Client, 5)


def test_authkey():
    with connection.Listener(authkey=b"secret") as listener:
        address = listener.address
        process = start(lambda: connection.Client(address, authkey=b"secret").send("in"))
        assert listener.accept().recv() == "in"
        process.join()

        def refused():
            raises(mp.AuthenticationError, connection.Client, address, authkey=b"wrong")

        process = start(refused)
        raises(mp.AuthenticationError, listener.accept)
        process.join()
        assert process.exitcode == 0
    raises(TypeError, connection.Listener, authkey="text")


def test_challenges():
    class Fake:
        def __init__(self, answers):
            self.answers = list(answers)

        def recv_bytes(self, size):
            return self.answers.pop(0)

        def send_bytes(self, data):
            pass

    raises(mp.AuthenticationError, connection.deliver_challenge, Fake([b"bogus"]), b"key")
    raises(mp.AuthenticationError, connection.answer_challenge, Fake([b"bogus"]), b"key")
    raises(mp.AuthenticationError, connection.answer_challenge, Fake([b"#CHALLENGE#abc", b"bogus"]), b"key")
    raises(ValueError, connection.deliver_challenge, Fake([]), "key")


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
