"""Small lists of ints: permutations whose heads are flipped until a 0 comes up."""


def flips(permutation):
    cards = permutation[:]
    count = 0
    first = cards[0]
    while first:
        cards[: first + 1] = cards[first::-1]
        first = cards[0]
        count += 1
    return count


def run(size=7):
    permutation = list(range(size))
    counts = [0] * size
    most = checksum = nth = 0
    while True:
        turned = flips(permutation)
        most = max(most, turned)
        checksum += turned if nth % 2 == 0 else -turned
        nth += 1
        level = 1
        while True:
            if level == size:
                return most, checksum
            first = permutation[0]
            for i in range(level):
                permutation[i] = permutation[i + 1]
            permutation[level] = first
            counts[level] += 1
            if counts[level] <= level:
                break
            counts[level] = 0
            level += 1
