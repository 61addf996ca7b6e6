"""Asks questions of JSON."""
# packages: jmespath==1.1.0

import jmespath

data = {"shops": [{"name": "a", "open": True, "n": 3}, {"name": "b", "open": False, "n": 5}, {"name": "c", "open": True, "n": 1}]}
assert jmespath.search("shops[?open].name", data) == ["a", "c"]
assert jmespath.search("max_by(shops, &n).{who: name, all: length(@)}", data) == {"who": "b", "all": 3}
assert jmespath.search("sort_by(shops, &n)[*].n | [0]", data) == 1
