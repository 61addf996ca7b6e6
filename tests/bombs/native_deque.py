# ends: lost | limit
import collections, itertools

collections.deque(itertools.repeat(0), maxlen=0)
