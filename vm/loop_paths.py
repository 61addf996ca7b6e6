"""What a program can see of instructions that raise, or run other code, within the loop of simple instructions."""

import gc
import sys

TIMES = 60


def outcome(function, *arguments):
    try:
        result = function(*arguments)
    except Exception as error:
        return type(error), str(error)
    return type(result), result


def lines(error):
    found, entry = [], error.__traceback__
    while entry:
        found.append((entry.tb_frame.f_code.co_name, entry.tb_lineno - entry.tb_frame.f_code.co_firstlineno))
        entry = entry.tb_next
    return found


# Keys that are equal and of other types, and keys with opinions.
class Word(str):
    def __eq__(self, other):
        return other == "any"

    __hash__ = str.__hash__


class Key:
    def __init__(self, number, answer):
        self.number = number
        self.answer = answer

    def __hash__(self):
        return hash(self.number)

    def __eq__(self, other):
        return self.answer(other)


def refuse(other):
    raise ValueError("not to be compared")


def look(table, key):
    return table[key]


def has(table, key):
    return key in table


def lacks(table, key):
    return key not in table


def put(table, key, value):
    table[key] = value
    return len(table)


big = 1 << 70
table = {1: "one", "a": "letter", big: "big", -1: "less", -2: "lesser", (1, "a"): "pair", None: "none", "\ud800": "half"}
for _ in range(TIMES):
    for key, value in ((1, "one"), (True, "one"), (1.0, "one"), ("A".lower(), "letter"), ((1 << 69) * 2, "big"),
                       (-1, "less"), (-2, "lesser"), ((True, "a"), "pair"), (None, "none"), (chr(0xD800), "half")):
        assert look(table, key) == value and has(table, key) and not lacks(table, key)
    for key in (0, "b", 1 << 71, 2.5, (1, "b"), Word("a"), big + 1, "", "ab"):
        assert outcome(look, table, key)[0] is KeyError and not has(table, key) and lacks(table, key)
    assert outcome(look, table, [])[0] is TypeError and outcome(has, table, {})[0] is TypeError
    assert outcome(put, dict(table), [], 1)[0] is TypeError
    odd = {Word("any"): 1, Key(1, refuse): 2}
    assert look(odd, "any") == 1 and outcome(look, odd, 1) == (ValueError, "not to be compared")
    assert outcome(has, odd, 1)[0] is ValueError and outcome(put, odd, 1, 5)[0] is ValueError and len(odd) == 2
    assert put({1: 1}, True, 2) == 1 and put({"x": 1}, "y", 2) == 2
    assert outcome(has, {1, Key(2, refuse)}, 2)[0] is ValueError and has(frozenset((1, "a")), "A".lower())
    assert has({frozenset((1,))}, {1}) and outcome(has, {1}, [])[0] is TypeError

# A key that changes the table while it is looked for, and the caller's locals with it.
def clears(other):
    changing.clear()
    return True


for _ in range(TIMES):
    changing = {Key(n, clears): n for n in (7,)}
    outcome(look, changing, 7)
    changing = {Key(7, clears): 7}
    assert put(changing, 7, 8) in (0, 1)
    changing = {Key(7, lambda other: changing.update({n: n for n in range(100, 140)}) or False): 7}
    assert outcome(look, changing, 7)[0] is KeyError and len(changing) == 41


# Where an exception is raised, and what a handler in the same loop sees.
def missing(keys):
    found = []
    for key in keys:
        try:
            found.append((key,
                          table[key]))
        except KeyError as error:
            found.append((error.args, lines(error)))
    return found


for _ in range(TIMES):
    assert missing([1, "no"]) == [(1, "one"), (("no",), [("missing", 5)])]


# Membership of strings, lists and tuples.
for _ in range(TIMES):
    for text, part, answer in (("abc", "b", True), ("abc", "", True), ("abc", "d", False), ("aéb", "é", True),
                               ("aéb", "b", True), ("abc", "bc", True), ("a\ud800", "\ud800", True), ("", "a", False),
                               ("é", "\x00", False)):
        assert has(text, part) is answer and lacks(text, part) is not answer
    assert outcome(has, "abc", 1)[0] is TypeError and has([1, [2]], [2]) and not has((1, 2), 3)
    assert outcome(has, [Key(1, refuse)], 1)[0] is ValueError and outcome(has, 5, 1)[0] is TypeError


# Slices, against the same by another way.
class Place:
    def __init__(self, at):
        self.at = at

    def __index__(self):
        return self.at


class Items(list):
    def __getitem__(self, key):
        return key.start, key.stop


def part(items, start, stop):
    return items[start:stop]


bounds = (None, 0, 1, 2, 3, 5, 6, -1, -3, -5, -6, 1 << 70, -(1 << 70), sys.maxsize, -sys.maxsize - 1, True, Place(2))
for items in ("abcde", "", "aéiou", [1, 2, 3, 4, 5], [], (1, 2, 3, 4, 5), (), b"abcde", range(5), "x" * 9000, [0] * 9000):
    for start in bounds:
        for stop in bounds:
            assert part(items, start, stop) == items.__getitem__(slice(start, stop)), (items, start, stop)
for _ in range(TIMES):
    assert part(Items(), 1, 2) == (1, 2) and outcome(part, "abc", "a", 1)[0] is TypeError
    whole = [1, 2]
    assert part(whole, None, None) is not whole


def plus(a, b):
    return a + b


for _ in range(TIMES):
    for a, b in (("a", "b"), ("", "b"), ("a", ""), ("", ""), ("é", "a"), ("a", "é"), ("\ud800", "\udc00"), ("a" * 70_000, "b")):
        assert plus(a, b) == "".join((a, b)) and len(plus(a, b)) == len(a) + len(b)
    assert plus(Word("a"), "b") == "any" or type(plus(Word("a"), "b")) is str
    assert outcome(plus, "a", 1)[0] is TypeError


# Comprehensions, and what fails in them.
def squares(items):
    return [n * n for n in items], {n % 3 for n in items}, {n: n + 1 for n in items}


def inverse(items):
    n = "kept"
    try:
        found = [1 / n for n in items]
    except ZeroDivisionError:
        found = None
    return found, n


def unhashable(items):
    return {n for n in items}


for _ in range(TIMES):
    assert squares(range(5)) == ([0, 1, 4, 9, 16], {0, 1, 2}, {0: 1, 1: 2, 2: 3, 3: 4, 4: 5})
    assert inverse((1, 2)) == ([1.0, 0.5], "kept") and inverse((1, 0)) == (None, "kept")
    assert outcome(unhashable, [1, []])[0] is TypeError


# Loops over what is no list, range, tuple or generator.
class Countdown:
    def __init__(self, start, last=None):
        self.n = start
        self.last = last

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise self.last or StopIteration("done")
        self.n -= 1
        return self.n


def walk(items):
    seen = []
    for item in items:
        seen.append(item)
        if len(seen) > 50:
            break
    else:
        seen.append("end")
    return seen


def grow(items):
    for item in items:
        items[item + 100] = item


for _ in range(TIMES):
    for items in ({1: 2}, {1: 2}.items(), {1: 2}.values(), {3}, "ab", zip((1, 2), "ab"), enumerate("ab"), reversed([1, 2]),
                  map(str, (1, 2)), b"ab", iter(lambda: 5, 5), {}, set(), ""):
        items = list(items)
        assert walk(iter(tuple(items))) == [*items, "end"]
    assert walk({1: 2, 3: 4}.items()) == [(1, 2), (3, 4), "end"] and walk({5}) == [5, "end"] and walk("ab") == ["a", "b", "end"]
    assert walk(zip((1, 2), "ab")) == [(1, "a"), (2, "b"), "end"] and walk(enumerate("a")) == [(0, "a"), "end"]
    assert walk(Countdown(2)) == [1, 0, "end"] and outcome(walk, Countdown(2, KeyError(5))) == (KeyError, "5")
    assert walk(map(int, "12")) == [1, 2, "end"] and outcome(walk, map(int, "1x"))[0] is ValueError
    assert outcome(grow, {1: 1})[0] is RuntimeError and outcome(walk, 5)[0] is TypeError
    assert len(walk(iter(int, 1))) == 51


# Builtins and their methods: results, errors, and where they are raised.
class Strict(type):
    def __instancecheck__(cls, instance):
        raise LookupError("not to be asked")


class Never(metaclass=Strict):
    pass


def kinds(value, kind):
    if isinstance(value, kind):
        return "yes"
    return "no"


def digits(texts):
    total = 0
    for text in texts:
        total += int(
            text.strip().replace("_", ""))
    return total


def wrong(method, *arguments):
    return method(*arguments)


for _ in range(TIMES):
    assert kinds(1, int) == "yes" and kinds(True, int) == "yes" and kinds(1, (str, bytes)) == "no"
    assert outcome(kinds, 1, Never) == (LookupError, "not to be asked") and outcome(kinds, 1, 1)[0] is TypeError
    assert digits([" 1_0", "5 "]) == 15
    try:
        digits(["1", "x"])
    except ValueError as error:
        assert lines(error) == [("<module>", lines(error)[0][1]), ("digits", 3)], lines(error)
    else:
        raise AssertionError("no error")
    assert outcome(wrong, str.upper, 1)[0] is TypeError and outcome(wrong, [].append)[0] is TypeError
    assert outcome(wrong, "".join, [1])[0] is TypeError and outcome(wrong, len, 1)[0] is TypeError


# Attributes of several types at one place.
class Plain:
    shared = "class"

    def __init__(self, value):
        self.value = value

    def name(self):
        return "plain", self.value


class Derived(Plain):
    shared = "derived"

    def name(self):
        return "derived", self.value


class First(Plain):
    def __init__(self, value):
        self.other = 1
        self.value = value


class Slots:
    __slots__ = ("value",)
    shared = "slots"

    def __init__(self, value):
        self.value = value

    def name(self):
        return "slots", self.value


class Computed:
    shared = property(lambda self: "computed")

    def __init__(self, value):
        self._value = value

    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, value):
        self._value = value * 2

    @staticmethod
    def name():
        return "static"


class Asked:
    def __getattr__(self, name):
        if name == "value":
            return "asked"
        if name == "name":
            return lambda: ("asked", 0)
        raise AttributeError(name)

    def __setattr__(self, name, value):
        self.__dict__[name] = ("set", value)


class All:
    def __getattribute__(self, name):
        return (lambda: "all") if name == "name" else "all"


class Method:
    @classmethod
    def name(cls):
        return cls.__name__

    value = shared = 5


def read(thing):
    return thing.value


def shared(thing):
    return thing.shared


def call(thing):
    return thing.name()


def bound(thing):
    method = thing.name
    return method()


def write(thing, value):
    thing.value = value
    return thing.value


def things():
    shadowed = Plain(6)
    shadowed.name = lambda: "own"
    shadowed.shared = "own"
    return [
        (Plain(1), 1, "class", ("plain", 1)), (Derived(2), 2, "derived", ("derived", 2)), (First(3), 3, "class", ("plain", 3)),
        (Slots(4), 4, "slots", ("slots", 4)), (Computed(5), 5, "computed", "static"), (shadowed, 6, "own", "own"),
        (Method(), 5, 5, "Method"), (All(), "all", "all", "all"),
    ]


for _ in range(TIMES):
    for thing, value, common, name in things():
        assert read(thing) == value and shared(thing) == common and call(thing) == name and bound(thing) == name
    assert read(Asked()) == "asked" and outcome(shared, Asked()) == (AttributeError, "shared") and call(Asked()) == ("asked", 0)
    for wrong_one in (5, None, object(), Plain):
        assert outcome(read, wrong_one)[0] is AttributeError and outcome(call, wrong_one)[0] in (AttributeError, TypeError)
    for maker in (Plain, Derived, First, Slots):
        assert write(maker(0), "new") == "new"
    assert write(Computed(0), 4) == 8 and write(Asked(), 1) == ("set", 1) and write(Method(), 1) == 1
    assert outcome(write, 5, 1)[0] is AttributeError and outcome(write, object(), 1)[0] is AttributeError
changed = Plain(1)
for n in range(TIMES):
    assert call(changed)[0] == ("plain" if n % 2 == 0 else "derived") and read(changed) == 1
    changed.__class__ = Derived if n % 2 == 0 else Plain
for n in range(TIMES):
    Derived.value = property(lambda self: "late") if n % 2 else None
    assert read(Derived.__new__(Derived)) == ("late" if n % 2 else None) and read(Plain(n)) == n
    del Derived.value
    assert outcome(read, Derived.__new__(Derived))[0] is AttributeError
odd = Plain(1)
odd.__dict__[Key("shared", lambda other: other == "shared")] = "keyed"
odd.__dict__[Key("name", lambda other: False)] = 5
odd.__dict__[5] = 6
for _ in range(TIMES):
    assert shared(odd) == "keyed" and read(odd) == 1 and call(odd) == ("plain", 1) and shared(Plain(1)) == "class"


# Properties: where they fail, and how deep they go.
class Deep:
    fallback = 0

    def __init__(self, left):
        self.left = left

    @property
    def depth(self):
        if self.left == 0:
            return 0
        return Deep(self.left - 1).depth + 1

    @property
    def endless(self):
        return self.endless

    @property
    def failing(self):
        raise AttributeError("inside")


class Kind(Deep):
    def __getattr__(self, name):
        return "kind " + name


def depth(deep):
    return deep.depth


def failing(deep):
    return (0,
            deep.failing)


for _ in range(TIMES):
    assert depth(Deep(20)) == 20
    try:
        failing(Deep(0))
    except AttributeError as error:
        assert error.args == ("inside",) and lines(error)[1:] == [("failing", 2), ("failing", 2)], lines(error)
    else:
        raise AssertionError("no error")
    assert failing(Kind(0)) == (0, "kind failing")
for _ in range(5):
    assert outcome(lambda: Deep(0).endless)[0] is RecursionError
    assert depth(Deep(20)) == 20


# Instances: what `__init__` may do.
ended = []


class Thing:
    def __init__(self, value, more=None):
        if value == "fail":
            raise KeyError(value)
        self.value = value
        return more

    def __del__(self):
        ended.append(getattr(self, "value", "unmade"))


class Same:
    def __init__(self, value):
        self.value = value
        if value == "fail":
            raise KeyError(
                value)
        if value == "result":
            return 5


class Tree:
    def __init__(self, height):
        self.below = Tree(height - 1) if height else None


class Endless:
    def __init__(self, n):
        self.next = Endless(n + 1)


class Yields:
    def __init__(self):
        yield 1


def make(kind, *arguments):
    return kind(*arguments)


def same(value):
    return Same(value)


def pairs(count):
    return [(Same(n), [Same(n), Same(n + 1)]) for n in range(count)]


def tree(height):
    return Tree(height)


for _ in range(TIMES):
    assert same(3).value == 3 and len(pairs(5)) == 5 and [each.value for each in pairs(2)[1][1]] == [1, 2]
    assert outcome(same, "result") == (TypeError, "__init__() should return None, not 'int'")
    try:
        same("fail")
    except KeyError as error:
        assert error.args == ("fail",) and lines(error)[1:] == [("same", 1), ("__init__", 3)], lines(error)
    else:
        raise AssertionError("no error")
    try:
        try:
            raise ValueError("first")
        except ValueError:
            same("result")
    except TypeError as error:
        assert type(error.__context__) is ValueError and lines(error)[-1] == ("same", 1), lines(error)
    top, height = tree(30), 0
    while top := top.below:
        height += 1
    assert height == 30
    assert outcome(lambda: Yields())[0] is TypeError and outcome(lambda: Same())[0] is TypeError
    assert outcome(lambda: Same(1, 2))[0] is TypeError
for _ in range(TIMES):
    ended.clear()
    assert outcome(lambda: Thing("fail"))[0] is KeyError
    gc.collect()
    assert ended == ["unmade"], ended
    one = Thing(1, None)
    assert one.value == 1
    del one
    gc.collect()
    assert ended == ["unmade", 1], ended
for _ in range(5):
    assert outcome(lambda: Endless(0))[0] is RecursionError
    assert tree(40).below is not None


# A class whose `__init__` is replaced, and one that makes instances of itself while generators run.
def other_init(self, value):
    self.value = value * 2


first_init = Same.__init__
for n in range(TIMES):
    Same.__init__ = other_init if n % 2 else first_init
    assert same(3).value == (6 if n % 2 else 3)
Same.__init__ = first_init


def stream(count):
    for n in range(count):
        yield Same(n)


for _ in range(TIMES):
    assert [each.value for each in stream(4)] == [0, 1, 2, 3]
    total = 0
    for each in stream(10):
        total += each.value
    assert total == 45


# Tracing that begins and ends in what the loop calls.
events = []


def profiler(frame, event, argument):
    if frame.f_code.co_name in ("traced_init", "watched", "made"):
        events.append((event, frame.f_code.co_name))


class Watched:
    def __init__(self):
        sys.setprofile(profiler)

    @property
    def made(self):
        return 1


def watched():
    one = Watched()
    result = one.made + one.made
    sys.setprofile(None)
    return result


for _ in range(TIMES):
    events.clear()
    assert watched() == 2
    expected = [("call", "made"), ("return", "made")] * 2
    assert [each for each in events if each[0] in ("call", "return")] == expected, events


# Locals that other code sets while the loop works with what they held.
class Meddler:
    def __hash__(self):
        return 1

    def __eq__(self, other):
        caller = sys._getframe(1)
        for name in ("key", "table"):
            if name in caller.f_locals:
                caller.f_locals[name] = None
        gc.collect(0)
        return self is other


def meddled():
    table, key = {Meddler(): 1}, Meddler()
    found = key in table
    return found, key, table


def meddled_set():
    table, key = {Meddler(): 1}, Meddler()
    table[key] = 2
    return key, table


for _ in range(TIMES):
    assert meddled() == (False, None, None) and meddled_set() == (None, None)
