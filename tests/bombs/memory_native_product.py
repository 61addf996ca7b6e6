# ends: lost | limit | error MemoryError
import itertools

list(itertools.product(range(100), repeat=6))
