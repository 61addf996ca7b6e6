"""What is computed: `cpu` counts, `garbage` makes objects that refer to each other."""

try:
    range = xrange  # of a Python 2: its range is a list
except NameError:
    pass


def cpu(size):
    total = 0
    for number in range(size):
        if number % 3 == 0 or number % 5 == 0:
            total += number * number % 7
    return total


class Node:
    def __init__(self, other):
        self.other = other
        self.data = [1, 2, 3]


def garbage(size):
    for _ in range(size):
        first = Node(None)
        first.other = Node(first)
    return size


JOBS = {"cpu": cpu, "garbage": garbage}
