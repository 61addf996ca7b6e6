"""Reads and writes YAML with anchors, dates and several documents."""
# packages: PyYAML==6.0.3

import datetime

import yaml

text = """
base: &base {a: 1, b: [x, y]}
derived:
  <<: *base
  day: 2024-02-29
  text: |
    two
    lines
"""
found = yaml.safe_load(text)
assert found["derived"] == {"a": 1, "b": ["x", "y"], "day": datetime.date(2024, 2, 29), "text": "two\nlines\n"}
assert yaml.safe_load(yaml.safe_dump(found, sort_keys=False)) == found
assert list(yaml.safe_load_all("--- 1\n--- [2]\n")) == [1, [2]]
try:
    yaml.safe_load("a: [1")
except yaml.YAMLError as error:
    assert "line" in str(error)
else:
    raise AssertionError
