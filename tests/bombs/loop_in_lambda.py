# ends: limit
import itertools

any(map(lambda n: n < 0, itertools.count()))
