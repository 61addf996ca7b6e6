"""Looks up so many attributes of so many types that the method cache is written all the time, and tells whether the
reference counts of what was looked up are what they were: a count that another thread changes at the same moment is lost."""

import sys

NAMES = [f"method_{n}" for n in range(40)]
TYPES = [type(f"Kind{n}", (), {name: (lambda self: None) for name in NAMES}) for n in range(150)]


def counts():
    return [sys.getrefcount(vars(kind)[name]) for kind in TYPES for name in NAMES]


counts()
before = counts()
for _ in range(40):
    for kind in TYPES:
        for name in NAMES:
            getattr(kind, name)
lost = sum(one != other for one, other in zip(before, counts()))
sent = []
if lost:
    raise SystemError(f"{lost} reference counts are wrong")
