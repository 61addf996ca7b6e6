# ends: lost | limit | error MemoryError
import itertools

list(itertools.repeat(None))
