"""Looks attributes up whose entries of the method cache are one and the same, in all interpreters, and tells whether the
reference counts of what was looked up are what they were: a count that another thread changes at the same moment is lost.

An entry is found by the type's version and the address of the name. Versions are given out by the process; here they are
chosen, each of them once."""

import sys
from time import monotonic_ns

from _testinternalcapi import type_assign_specific_version_unsafe

NAME = "method"
ENTRIES = 4096
LIVES = 512
KINDS = [type(f"Kind{n}", (), {NAME: (lambda self: None)}) for n in range(8)]


def counts():
    return [sys.getrefcount(vars(kind)[NAME]) for kind in KINDS]


life = monotonic_ns() // 1_000_000 % LIVES
for nth, kind in enumerate(KINDS):
    place = (number * LIVES + life) * len(KINDS) + nth
    type_assign_specific_version_unsafe(kind, 2**30 + place * ENTRIES + (id(NAME) >> 3) % ENTRIES)
counts()
before = counts()
for _ in range(20_000):
    for kind in KINDS:
        getattr(kind, NAME)
wrong = [(one, other) for one, other in zip(before, counts()) if one != other]
if wrong:
    raise SystemError(f"reference counts are wrong, before and after: {wrong}")
