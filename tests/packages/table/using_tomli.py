"""Reads TOML, and says where it is wrong."""
# packages: tomli==2.5.0

import datetime

import tomli

found = tomli.loads('a = 1_000\n[b]\nday = 2024-02-29\nlist = ["x", {y = 1}]\n[[c]]\n[[c]]\nf = 1e3\n')
assert found == {"a": 1000, "b": {"day": datetime.date(2024, 2, 29), "list": ["x", {"y": 1}]}, "c": [{}, {"f": 1000.0}]}
try:
    tomli.loads("a = \n")
except tomli.TOMLDecodeError as error:
    assert "line 1" in str(error)
else:
    raise AssertionError
