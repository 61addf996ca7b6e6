# ends: lost
import itertools

list(itertools.repeat(None))
