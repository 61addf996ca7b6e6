"""What CPython's tests of Value, Array, SharedMemory and ShareableList cover."""

import multiprocessing as mp
import struct
from multiprocessing import managers, shared_memory, sharedctypes


def raises(kind, function, *args, text="", **kwargs):
    try:
        function(*args, **kwargs)
    except kind as error:
        assert text in str(error), error
        return
    raise AssertionError(f"{kind.__name__} expected")


def run(target, *args):
    process = mp.Process(target=target, args=args)
    process.start()
    process.join()
    assert process.exitcode == 0


CODES = [("i", 4343, 24234), ("d", 3.625, -4.25), ("h", -232, 234), ("q", 2**33, 2**34), ("c", b"x", b"y"), ("u", "x", "ÿ")]


def test_values():
    for make in (mp.RawValue, mp.Value):
        values = [make(code, first) for code, first, _ in CODES]
        assert [value.value for value in values] == [first for _, first, _ in CODES]

        def change():
            for value, (_, _, second) in zip(values, CODES):
                value.value = second

        run(change)
        assert [value.value for value in values] == [second for _, _, second in CODES]
    assert mp.Value("i").value == 0 and mp.Value("d", 3).value == 3.0
    number = mp.RawValue("b", 127)
    number.value += 1
    assert number.value == -128
    raises(TypeError, setattr, number, "value", 1.5)
    raises(TypeError, mp.Value, "nonsense")


def test_locks_of_values():
    value = mp.Value("i", 5)
    assert value.get_lock() is not None and value.get_obj().value == 5
    lock = mp.Lock()
    assert mp.Value("i", 5, lock=lock).get_lock() is lock
    assert not hasattr(mp.Value("i", 5, lock=False), "get_lock")
    raises(AttributeError, mp.Value, "i", 5, lock="no lock", text="has no method 'acquire'")
    value.acquire()
    value.release()

    def add():
        for _ in range(100):
            with value.get_lock():
                value.value += 1

    processes = [mp.Process(target=add) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert value.value == 405


def test_arrays():
    def accumulate(numbers):
        for index in range(1, len(numbers)):
            numbers[index] += numbers[index - 1]

    for make in (mp.RawArray, mp.Array):
        expected = [680, 626, 934, 821, 150, 233, 548, 982, 714, 831]
        numbers = make("i", expected)
        assert len(numbers) == 10 and list(numbers) == expected and numbers[:] == expected
        assert numbers[2:7] == expected[2:7] and numbers[-1] == 831 and numbers[::2] == expected[::2]
        numbers[4:8] = expected[4:8] = [1, 2, 3, 4]
        assert numbers[:] == expected
        accumulate(expected)
        run(accumulate, numbers)
        assert list(numbers) == expected
        raises(ValueError, numbers.__setitem__, slice(0, 2), [1, 2, 3])
        raises(IndexError, lambda: numbers[10])
        raises(IndexError, numbers.__setitem__, 10, 1)
    assert list(mp.Array("d", 3)) == [0.0] * 3 and len(mp.RawArray("i", 0)) == 0
    assert mp.Array("i", range(3), lock=False)[:] == [0, 1, 2]
    raises(ValueError, mp.Array, "i", -1)
    with mp.Array("i", 2) as held:
        assert held is True
    assert memoryview(mp.RawArray("h", [1, 2])).tolist() == [1, 2]


def test_text():
    text = mp.Array("c", 10)
    text.value = b"hello"
    assert text.value == b"hello" and text.raw == b"hello" + bytes(5) and text[1:3] == b"el" and text[0] == b"h"
    text.value = b"no"
    assert text.raw == b"no\0lo" + bytes(5)
    text.raw = b"0123456789"
    assert text.value == b"0123456789"
    raises(ValueError, setattr, text, "value", b"longer than that")
    raises(TypeError, setattr, text, "value", "str")

    def change():
        text[0] = b"X"

    run(change)
    assert text.value == b"X123456789"
    wide = mp.RawArray("u", "größe")
    assert wide.value == "größe" and wide[2] == "ö" and list(wide) == list("größe")


def test_ctypes():
    import ctypes

    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double)]

    number = mp.Value(ctypes.c_int, 7)
    point, raw = mp.Value(Point, 1, 2.5), mp.RawValue(Point, 3, 4.5)
    points = mp.RawArray(Point, [(1, 1.5), (2, 2.5)])

    def change():
        number.value *= 2
        point.x += 10
        raw.y = 0.5
        points[1].x = 20

    run(change)
    assert (number.value, point.x, point.y, raw.x, raw.y) == (14, 11, 2.5, 3, 0.5)
    assert (points[0].x, points[1].x, points[1].y) == (1, 20, 2.5)
    points[0] = Point(5, 6.5)
    assert [point.x for point in points] == [5, 20] and [point.y for point in sharedctypes.copy(points)] == [6.5, 2.5]
    flags = mp.Array(ctypes.c_bool, [True, False])
    flags[1] = True
    assert flags[:] == [True, True] and len(flags) == 2
    duplicate = sharedctypes.copy(raw)
    raw.x = 99
    assert (duplicate.x, duplicate.y) == (3, 0.5)


def test_synchronized_and_copy():
    value = sharedctypes.RawValue("i", 5)
    locked = sharedctypes.synchronized(value)
    locked.value += 1
    assert value.value == 6 and locked.get_obj() is value
    duplicate = sharedctypes.copy(locked)
    value.value = 0
    assert duplicate.value == 6
    assert sharedctypes.copy(mp.Array("i", [1, 2]))[:] == [1, 2]


def test_shared_memory():
    first = shared_memory.SharedMemory("test01", create=True, size=512)
    assert first.name == "test01" and first.size >= 512 and len(first.buf) >= 512 and isinstance(first.buf, memoryview)
    first.buf[0] = 42
    second = shared_memory.SharedMemory("test01")
    assert second.buf[0] == 42
    second.buf[1:4] = b"abc"
    assert bytes(first.buf[:4]) == b"\x2aabc"
    struct.pack_into("<d", first.buf, 8, 2.5)
    assert struct.unpack_from("<d", second.buf, 8) == (2.5,)

    def change():
        third = shared_memory.SharedMemory("test01")
        third.buf[5] = 55
        third.close()
        first.buf[6] = 66

    run(change)
    assert (first.buf[5], second.buf[6]) == (55, 66)
    raises(FileExistsError, shared_memory.SharedMemory, "test01", create=True, size=1)
    second.close()
    second.close()
    assert second.buf is None and second.size >= 512
    first.unlink()
    raises(FileNotFoundError, first.unlink)
    raises(FileNotFoundError, shared_memory.SharedMemory, "test01")
    assert first.buf[0] == 42
    assert repr(first).startswith("SharedMemory('test01', size=")
    first.close()


def test_shared_memory_arguments():
    raises(ValueError, shared_memory.SharedMemory, create=True, size=0)
    raises(ValueError, shared_memory.SharedMemory, create=True, size=-1)
    raises(ValueError, shared_memory.SharedMemory)
    one, two = (shared_memory.SharedMemory(create=True, size=1) for _ in range(2))
    assert one.name != two.name and one.name.startswith("psm_")
    shared_memory.SharedMemory("/" + one.name).close()
    for memory in (one, two):
        memory.close()
        memory.unlink()


def test_memory_outlives_the_process_that_made_it():
    names = mp.Queue()

    def make():
        memory = shared_memory.SharedMemory(create=True, size=10)
        memory.buf[:5] = b"still"
        names.put(memory.name)
        memory.close()

    run(make)
    memory = shared_memory.SharedMemory(names.get())
    assert bytes(memory.buf[:5]) == b"still"
    memory.close()
    memory.unlink()


def test_shared_memory_manager():
    with managers.SharedMemoryManager() as manager:
        memory = manager.SharedMemory(size=32)
        items = manager.ShareableList([1, 2])
        shared_memory.SharedMemory(memory.name).close()
    raises(FileNotFoundError, shared_memory.SharedMemory, memory.name)
    raises(FileNotFoundError, shared_memory.ShareableList, name=items.shm.name)


def test_shareable_list():
    given = ["howdy", b"HoWdY", -273.154, 100, None, True, 42]
    items = shared_memory.ShareableList(given)
    assert list(items) == given and len(items) == 7 and items[-1] == 42
    assert [type(item) for item in items] == [type(item) for item in given]
    raises(IndexError, lambda: items[7], text="index out of range")
    raises(IndexError, items.__setitem__, 7, 1, text="assignment index out of range")
    items[3] = 42
    assert items[3] == 42 and items.count(42) == 2 and items.index(-273.154) == 2
    items[2] = "some"
    assert items[2] == "some"
    raises(ValueError, items.__setitem__, 0, "far too long", text="exceeds available storage")
    raises(ValueError, items.index, "absent")
    items[0] = "1234567"
    assert items[0] == "1234567"
    other = shared_memory.ShareableList(name=items.shm.name)
    other[-1] = None
    assert items[6] is None and repr(items) == repr(other)

    def change():
        items[4] = 7

    run(change)
    assert items[4] == 7
    empty = shared_memory.ShareableList(["", b"", "é" * 9])
    assert list(empty) == ["", b"", "é" * 9]
    assert list(shared_memory.ShareableList([])) == []
    same = shared_memory.ShareableList(list(items), name="copied")
    assert same.shm.name == "copied" and list(same) == list(items)
    for each in (items, empty, same):
        each.shm.close()
        each.shm.unlink()


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
