"""List, dict and set comprehensions, zip, enumerate, sum, any, tuples as keys."""


def transposed(rows):
    return [list(column) for column in zip(*rows)]


def product(left, right):
    columns = transposed(right)
    return [[sum(a * b for a, b in zip(row, column)) for column in columns] for row in left]


def run():
    size = 24
    left = [[(row * 7 + column) % 11 for column in range(size)] for row in range(size)]
    right = [[(row + column * 5) % 13 for column in range(size)] for row in range(size)]
    result = product(left, right)
    places = {(row, column): value for row, line in enumerate(result) for column, value in enumerate(line)}
    common = {value % 100 for value in places.values() if value % 3}
    diagonal = [places[n, n] for n in range(size)]
    pairs = sorted((value, place) for place, value in places.items())[:5]
    squares = {n: n * n for n in range(6_000)}
    inverse = {value: key for key, value in squares.items() if key % 2 == 0}
    found = any(value > 10**9 for value in inverse)
    return sum(diagonal), len(common), pairs[0], len(inverse), found
