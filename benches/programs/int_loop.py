"""Integer arithmetic in nested loops."""


def run():
    total = 0
    for i in range(400):
        j = 0
        while j < 500:
            total = (total + i * j) % 1_000_003
            j += 1
    return total
