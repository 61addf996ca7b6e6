# ends: lost | limit
import itertools

all(itertools.repeat(1))
