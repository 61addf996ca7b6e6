"""Calls, returns and generators that stay in the loop of simple instructions: what a program can see of them."""

import sys

TIMES = 60


# The limit, and that what was counted is given back, however a call ends.
def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)


def endless(n):
    return endless(n + 1)


def nested(n):
    if n:
        for each in nested(n - 1):
            yield each + 1
    else:
        yield 0


def bottomless(n):
    for each in bottomless(n + 1):
        yield each


for _ in range(TIMES):
    assert depth(50) == 50
    assert list(nested(50)) == [50]
room = sys.getrecursionlimit()
for _ in range(5):
    for attempt in (lambda: endless(0), lambda: list(bottomless(0)), lambda: depth(room + 10)):
        try:
            attempt()
        except RecursionError:
            pass
        else:
            raise AssertionError("no limit")
    assert depth(room // 2) == room // 2
    assert list(nested(room // 3)) == [room // 3]


# Tracebacks name each frame and its line.
def lines(error):
    found, entry = [], error.__traceback__
    while entry:
        found.append((entry.tb_frame.f_code.co_name, entry.tb_lineno - entry.tb_frame.f_code.co_firstlineno))
        entry = entry.tb_next
    return found


def fails(n):
    if n == TIMES - 1:
        raise KeyError(n)
    return n


def middle(n):
    first = fails(n)

    return first


def produces(n):
    yield 1

    yield middle(n)


def consumes(n):
    total = 0
    for each in produces(n):
        total += each
    return total


for n in range(TIMES):
    try:
        assert consumes(n) == n + 1
    except KeyError as error:
        assert n == TIMES - 1
        assert lines(error)[1:] == [("consumes", 2), ("produces", 3), ("middle", 1), ("fails", 2)], lines(error)
        assert error.__context__ is None
    else:
        assert n < TIMES - 1


# A handler in the caller, in the generator, in the consumer; exceptions that are being handled belong to their frame.
def handled(n):
    try:
        fails(TIMES - 1)
    except KeyError:
        assert isinstance(sys.exception(), KeyError)
        return seen(n)
    finally:
        seen(n)


def seen(n):
    return sys.exception()


def yields_in_handler():
    try:
        fails(TIMES - 1)
    except KeyError:
        yield sys.exception()
        yield sys.exception()
    yield sys.exception()


def outside():
    found = []
    for error in yields_in_handler():
        found.append((type(error), sys.exception()))
    return found


for n in range(TIMES):
    assert isinstance(handled(n), KeyError)
    assert sys.exception() is None
    assert outside() == [(KeyError, None), (KeyError, None), (type(None), None)]


# Ends of generators: a value nobody asked for, a StopIteration of its own, a break, a close, a second consumer.
def returns_value(n):
    yield n
    return n + 1


def stops(n):
    yield n
    raise StopIteration(n)


log = []


def cleans_up(n):
    try:
        yield n
        yield n + 1
    finally:
        log.append(n)


def reenters():
    yield next(me)


def over(generator):
    found = []
    for each in generator:
        found.append(each)
    else:
        found.append("else")
    return found


def leaves(generator):
    for each in generator:
        return each
    return None


for n in range(TIMES):
    assert over(returns_value(n)) == [n, "else"]
    try:
        over(stops(n))
        raise AssertionError("a StopIteration ended the loop")
    except RuntimeError as error:
        assert isinstance(error.__cause__, StopIteration)
    assert leaves(cleans_up(n)) == n and log == [n], log
    assert over(cleans_up(n)) == [n, n + 1, "else"] and log == [n, n], log
    log.clear()
    me = reenters()
    try:
        over(me)
        raise AssertionError("a generator ran in itself")
    except ValueError as error:
        assert "already executing" in str(error)
    half = cleans_up(n)
    assert next(half) == n and over(half) == [n + 1, "else"] and over(half) == ["else"]
    log.clear()


# Delegation, sending, throwing, and plain calls in between.
def add(a, b):
    return a + b


def delegates(n):
    result = yield from returns_value(n)
    yield add(result, 1)


def echoes():
    value = 0
    while True:
        try:
            value = yield add(value, 1)
        except LookupError as error:
            value = error.args[0]


for n in range(TIMES):
    assert over(delegates(n)) == [n, n + 2, "else"]
    echo = echoes()
    assert (next(echo), echo.send(5), echo.throw(KeyError(n)), echo.send(1)) == (1, 6, n + 1, 2)


# Frames: who called, where it is, and what outlives a return.
def callers():
    frame, found = sys._getframe(), []
    while frame and len(found) < 4:
        found.append((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
        frame = frame.f_back
    return found


def generates_callers():
    yield callers()


def asks():
    for found in generates_callers():
        return found


def kept(a):
    b = a + 1
    return sys._getframe()


for n in range(TIMES):
    assert asks()[:3] == [("callers", 3), ("generates_callers", 1), ("asks", 1)], asks()
    frame = kept(n)
    assert frame.f_locals == {"a": n, "b": n + 1} and frame.f_code.co_name == "kept"


# Finalizers run where the last reference ends.
class Noisy:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        log.append(self.name)


def drops(noisy):
    log.append("in")


def passes_on(noisy):
    return noisy


def calls_dropping(n):
    drops(Noisy(n))
    log.append("after")
    one = passes_on(Noisy("kept"))
    log.append("held")
    del one


for n in range(TIMES):
    calls_dropping(n)
    assert log == ["in", n, "after", "held", "kept"], log
    log.clear()


# A function that changes while it is called, and one that is gone when it returns.
def changes(a):
    return a


def suicide(a):
    global suicide
    del suicide
    return a


def other(a, b=3):
    return a + b


again = suicide
for n in range(TIMES):
    suicide = again
    assert suicide(n) == n
    if n == TIMES // 2:
        changes.__code__, changes.__defaults__ = other.__code__, other.__defaults__
    assert changes(n) == (n if n < TIMES // 2 else n + 3)


# Tracing and profiling that begin in the middle see what follows, in order.
events = []


def profiler(frame, event, argument):
    if event in ("call", "return") and frame.f_code.co_name in ("add", "twice", "pair", "begins"):
        events.append((event, frame.f_code.co_name, argument))


def pair(n):
    yield add(n, 1)
    yield add(n, 2)


def twice(n):
    total = 0
    for each in pair(n):
        total = add(total, each)
    return total


def begins(n):
    sys.setprofile(profiler)
    return add(n, n)


for _ in range(TIMES):
    assert twice(1) == 5
sys.setprofile(profiler)
twice(1)
sys.setprofile(None)
complete = [
    ("call", "twice", None), ("call", "pair", None), ("call", "add", None), ("return", "add", 2), ("return", "pair", 2),
    ("call", "add", None), ("return", "add", 2), ("call", "pair", None), ("call", "add", None), ("return", "add", 3),
    ("return", "pair", 3), ("call", "add", None), ("return", "add", 5), ("call", "pair", None), ("return", "pair", None),
    ("return", "twice", 5),
]
assert events == complete, events
for _ in range(TIMES):
    events.clear()
    begins(2)
    sys.setprofile(None)
    assert events == [("call", "add", None), ("return", "add", 4), ("return", "begins", 4)], events
traced = []


def tracer(frame, event, argument):
    if frame.f_code.co_name in ("add", "twice", "pair"):
        traced.append((event, frame.f_code.co_name))
        return tracer
    return None


sys.settrace(tracer)
twice(1)
sys.settrace(None)
assert [each for each in traced if each[0] == "call"] == [each[:2] for each in complete if each[0] == "call"], traced
