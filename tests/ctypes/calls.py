"""Calls into a library of C: numbers, text, structures, memory, functions of Python, and what is wrong."""

import array
import ctypes

import ungil

lib = ctypes.CDLL(LIBRARY)  # noqa: F821

assert lib.add(3, 5) == 8 and lib.add(-1, 2**31 - 1) == 2**31 - 2


class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_double), ("y", ctypes.c_double)]


lib.squared.argtypes, lib.squared.restype = [Point], ctypes.c_double
assert lib.squared(Point(3, 4)) == 25.0 and ctypes.sizeof(Point) == 16

out = ctypes.create_string_buffer(32)
lib.greet.restype = ctypes.c_char_p
assert lib.greet(out, b"you") == out.value == b"hello you"

# Arrays, and memory that Python has.
Numbers = ctypes.c_uint64 * 4
for name in ("sum", "twice"):
    getattr(lib, name).argtypes = [ctypes.c_void_p, ctypes.c_size_t]
lib.sum.restype, lib.twice.restype = ctypes.c_uint64, None
numbers = Numbers(1, 2, 3, 2**63)
lib.twice(numbers, 3)
assert list(numbers) == [2, 4, 6, 2**63] and lib.sum(numbers, 4) == 12 + 2**63
pointer = ctypes.cast(numbers, ctypes.POINTER(ctypes.c_uint64))
assert pointer[2] == 6

shared = ungil.SharedBuffer(array.array("Q", [1, 2, 3, 4]))
with shared.view() as view:
    lib.twice(Numbers.from_buffer(view), 4)
assert list(memoryview(shared).cast("Q")) == [2, 4, 6, 8]

# A function of Python that C calls.
Function = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int)
lib.apply.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
power = Function(lambda a, b: a**b)
assert lib.apply(power, 2, 10) == 1025

for wrong, kind in [(lambda: lib.nothing, AttributeError), (lambda: lib.squared("x"), (TypeError, ctypes.ArgumentError))]:
    try:
        wrong()
    except kind:
        pass
    else:
        raise AssertionError(kind)
try:
    ctypes.CDLL(LIBRARY + ".missing")  # noqa: F821
except OSError:
    pass
else:
    raise AssertionError("a library that is not there")
