# ends: limit
import itertools

for _ in itertools.count():
    pass
