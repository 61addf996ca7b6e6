# ends: limit
import itertools

sum([0 for n in itertools.count() if n < 0])
