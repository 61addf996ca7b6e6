"""One life of an interpreter. `number` and `received` come from the host, `sent` goes to the next thread."""

import gc
import json
import re
import time
import weakref
from collections import OrderedDict, deque, namedtuple
from functools import lru_cache


def make(level):
    class Base:
        shared = [level]

        def get(self):
            return self.shared

        @property
        def me(self):
            return self

    class Derived(Base):
        __slots__ = ("extra",)

        def get_more(self):
            return self.get()

    Derived.cycle = Derived
    return Derived


@lru_cache(maxsize=16)
def cached(value):
    return value * 2


def raises(depth):
    if depth:
        try:
            raises(depth - 1)
        except KeyError as error:
            raise ValueError(depth) from error
        except ValueError:
            raise KeyError(depth)
    raise KeyError("bottom")


def counting(limit):
    total = 0
    for n in range(limit):
        total += n
        yield total * 1.5


Pair = namedtuple("Pair", "left right")
sent = []
for text in received:
    data = json.loads(text)
    assert data["from"] != number, data
    assert data["values"] == list(range(20))

for turn in range(3):
    kinds = [make(n) for n in range(8)]
    for kind in kinds:
        one = kind()
        one.extra = Pair(one, turn)
        for _ in range(10):
            one.get(), one.get_more(), one.me, str(one), hash(one), getattr(one, "missing", None)
        kind.other = turn
        watched = weakref.ref(one)
        del one
        gc.collect(0)
    try:
        raise MemoryError(number, kinds)
    except MemoryError as error:
        kept = error
    many = [MemoryError(n) for n in range(20)]
    del many, kept
    try:
        raises(6)
    except (KeyError, ValueError) as error:
        assert error.__traceback__ is not None
    for _ in range(5):
        time.localtime()
        time.strftime("%Y-%m-%d", time.gmtime(86400 * turn))
    assert re.sub(r"(\w+) (\w+)", r"\2 \1", "hello world") == "world hello"
    assert [cached(n) for n in range(20)][-1] == 38
    assert sum(counting(30)) > 0
    queue = deque(range(50), maxlen=20)
    queue.rotate(3)
    assert len(OrderedDict((n, str(n)) for n in queue)) == 20
    assert "\u00e9".encode("latin-1") == b"\xe9" and float("1.5") + int("7") == 8.5
    gc.collect()
sent.append(json.dumps({"from": number, "values": list(range(20))}))
