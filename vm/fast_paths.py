"""Each operation at its edges, often enough to be specialized, against the same by another way."""

import operator
import sys

EDGES = [0, 1, -1, 2, -2, 5, -5, -6, 256, 257, 2**30, -(2**30), 2**53, 2**53 + 1, 2**61 - 2, 2**61 - 1, 2**61, -(2**61)]
EDGES += [2**62, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64, 10**30, -(10**30)]
FLOATS = [0.0, -0.0, 1.5, -2.25, 1e308, -1e308, float("inf"), float("-inf"), float("nan"), 2.0**53]


def same(a, b):
    return type(a) is type(b) and (a == b or a != a and b != b) and repr(a) == repr(b)


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except (ZeroDivisionError, OverflowError, ValueError, MemoryError) as error:
        return type(error)


OPERATORS = {
    "a + b": operator.add, "a - b": operator.sub, "a * b": operator.mul, "a // b": operator.floordiv,
    "a % b": operator.mod, "a / b": operator.truediv, "a & b": operator.and_, "a | b": operator.or_,
    "a ^ b": operator.xor, "a >> b % 70": lambda a, b: operator.rshift(a, b % 70),
    "a << b % 70": lambda a, b: operator.lshift(a, b % 70), "a < b": operator.lt, "a <= b": operator.le,
    "a == b": operator.eq, "a != b": operator.ne, "a > b": operator.gt, "a >= b": operator.ge,
}

for text, reference in OPERATORS.items():
    bits = text.split()[1] in "&|^>><<"
    for values in (EDGES,) if bits else (EDGES, FLOATS, EDGES + FLOATS):
        scope = {}
        exec(f"def operation(a, b): return {text}\ndef branch(a, b): return 'yes' if {text} else 'no'", scope)
        operation, branch = scope["operation"], scope["branch"]
        # Specialized for what comes first, then confronted with everything else.
        for _ in range(40):
            outcome(operation, values[3], values[5])
            outcome(branch, values[3], values[5])
        for a in values:
            for b in values:
                expected = outcome(reference, a, b)
                assert same(outcome(operation, a, b), expected), (text, a, b, outcome(operation, a, b), expected)
                if not isinstance(expected, type):
                    assert outcome(branch, a, b) == ("yes" if expected else "no"), (text, a, b)


# Results are written into operands that nobody else holds, and into no others.
def chain(a, b):
    kept = a + b
    total = kept + a + b + kept
    again = kept * 1 + (a + b) * (a - b)
    assert kept == a + b, (kept, a, b)
    return total, again, kept


for _ in range(60):
    for a, b in ((1000, 2000), (1.5, 2.25), (10**20, 3), (2**62, 2**62), (-7, 3000)):
        assert chain(a, b) == (a + b + a + b + a + b, (a + b) + (a + b) * (a - b), a + b)
numbers = [1000 + n for n in range(50)]
doubled = [n + n for n in numbers]
assert numbers == list(range(1000, 1050)) and doubled == list(range(2000, 2100, 2))
assert len({id(n) for n in [1000 + n for n in range(200)]}) == 200


# Constants and hashes.
def constants():
    total = 100_000
    total += 100_000
    total *= 3
    return total, 100_000


for _ in range(50):
    assert constants() == (600_000, 100_000)
for value in EDGES:
    if -(2**61) < value < 2**61 - 1 and value != -1:
        assert hash(value) == value
assert hash(-1) == -2 and hash(2**61 - 1) == 0 and hash(-(2**61 - 1)) == 0 and hash(2**61) == 1
assert hash(2**100) == hash(float(2**100)) and bool(2**64) and not bool(0)
assert {2**61 - 1: 1}[2**61 - 1] == 1 and int(True) + 1 == 2


# Attributes: other types, other layouts, shadowing, deletion, a dict that is not quite one.
class Point:
    kind = "point"

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def norm(self):
        return self.x * self.x + self.y * self.y


class Backwards(Point):
    def __init__(self, x, y):
        self.y = y
        self.x = x

    def norm(self):
        return -super().norm()


def use(point):
    point.x = point.x + 1
    point.x += 1
    return point.x, point.y, point.norm(), point.kind


for _ in range(50):
    assert use(Point(1, 2)) == (3, 2, 13, "point")
assert use(Backwards(1, 2)) == (3, 2, -13, "point")
odd = Point(1, 2)
odd.norm = lambda: "own"
odd.kind = "odd"
for _ in range(20):
    odd.x = 1
    assert use(odd) == (3, 2, "own", "odd")
del odd.y
try:
    use(odd)
except AttributeError as error:
    assert "y" in str(error)
else:
    assert False


class Namespace(dict):
    pass


strange = Point(1, 2)
strange.__dict__ = Namespace(x=1, y=2)
for _ in range(20):
    strange.x = 1
    assert use(strange) == (3, 2, 13, "point")
Point.x = property(lambda self: 7, lambda self, value: None)
assert use(Point(1, 2))[0] == 7
del Point.x
assert use(Point(1, 2)) == (3, 2, 13, "point")


class Slotted:
    __slots__ = ("value", "other")


def slots(one):
    one.value = one.value + 1
    return one.value


one = Slotted()
one.value = 0
for n in range(50):
    assert slots(one) == n + 1
del one.value
try:
    slots(one)
except AttributeError:
    pass
else:
    assert False


# Finalizers run at each release, see a frame that holds together, and may raise, trace or call.
seen = []


class Loud:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        frame = sys._getframe(1)
        seen.append((self.name, sorted(frame.f_locals), frame.f_lineno > 0))


def replace():
    local = Loud("first")
    local = Loud("second")
    items = [Loud("item")]
    items[0] = None
    holder = Point(Loud("attribute"), 1)
    holder.x = None
    slotted = Slotted()
    slotted.value = Loud("slot")
    slotted.value = None
    Loud("dropped")
    local = None


for _ in range(20):
    seen.clear()
    replace()
    assert [name for name, _, _ in seen] == ["first", "item", "attribute", "slot", "dropped", "second"], seen
    assert all(line for _, _, line in seen)


# Loops: what is iterated changes meanwhile.
def grow():
    items = [1, 2, 3]
    out = []
    for item in items:
        out.append(item)
        if len(items) < 6:
            items.append(item * 10)
    return out


def shrink(items):
    return [items.pop() for _ in items]


for _ in range(30):
    assert grow() == [1, 2, 3, 10, 20, 30]
    assert shrink(list(range(6))) == [5, 4, 3]
    assert [n for n in range(5, -5, -3)] == [5, 2, -1, -4]
    assert [a + b for a, b in ((1, 2), (3, 4))] == [3, 7]
    assert [a + b + c for a, b, c in ((1, 2, 3),)] == [6]
assert list(range(2**63 - 2, 2**63 + 1)) == [2**63 - 2, 2**63 - 1, 2**63]


def unbound(flag):
    if flag:
        value = 1
    return value


for _ in range(30):
    assert unbound(True) == 1
try:
    unbound(False)
except UnboundLocalError:
    pass
else:
    assert False


def index(items, at):
    return items[at]


for items in ([1, 2, 3], (1, 2, 3), "abc", "aéz", {0: 1, 2: 3, -1: 9}):
    for _ in range(30):
        assert index(items, 0) == items.__getitem__(0)
    for at in (-1, 2, True):
        if not (isinstance(items, dict) and at is True):
            assert index(items, at) == items.__getitem__(at)
    for at in (3, -4, 2**70):
        try:
            index(items, at)
        except (IndexError, KeyError):
            pass
        else:
            assert False, (items, at)


# Globals and builtins that change under a function that has looked them up often.
place = "global"


def look():
    return place, len((1, 2))


for _ in range(50):
    assert look() == ("global", 2)
place = "changed"
assert look() == ("changed", 2)
len = lambda _: "shadowed"
assert look() == ("changed", "shadowed")
del len
assert look() == ("changed", 2)
del place
try:
    look()
except NameError:
    pass
else:
    assert False
place = "again"
assert look() == ("again", 2)


# Tracing begins and ends in the middle.
def traced():
    total = 0
    for n in range(4):
        total += n
    return total


lines = []


def tracer(frame, event, argument):
    if frame.f_code is traced.__code__:
        lines.append((event, frame.f_lineno - traced.__code__.co_firstlineno))
    return tracer


for _ in range(30):
    assert traced() == 6
sys.settrace(tracer)
assert traced() == 6
sys.settrace(None)
assert lines[0] == ("call", 0) and lines[-1] == ("return", 4), lines
assert [line for event, line in lines if event == "line"] == [1] + [2, 3] * 4 + [2, 4], lines
assert traced() == 6


# Generators keep what is on their stack over a yield; closures see their cells.
def generator(limit):
    total = 0
    for n in range(limit):
        total = total + (yield n + total) * 2
    return total


for _ in range(20):
    running = generator(3)
    assert next(running) == 0 and running.send(5) == 11 and running.send(1) == 14
    try:
        running.send(0)
    except StopIteration as stop:
        assert stop.value == 12


def outer():
    count = 0

    def inner():
        nonlocal count
        count += 1
        return count

    return inner


counter = outer()
for n in range(50):
    assert counter() == n + 1
