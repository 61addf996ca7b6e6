# ends: lost
import itertools

all(itertools.repeat(1))
