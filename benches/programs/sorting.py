"""Sorting by hand: quicksort, heap and merge on lists of ints."""


def quicksort(items):
    if len(items) < 2:
        return items
    pivot = items[len(items) // 2]
    below = [item for item in items if item < pivot]
    same = [item for item in items if item == pivot]
    above = [item for item in items if item > pivot]
    return quicksort(below) + same + quicksort(above)


def sift(heap, start, end):
    root = start
    while (child := 2 * root + 1) < end:
        if child + 1 < end and heap[child] < heap[child + 1]:
            child += 1
        if heap[root] >= heap[child]:
            return
        heap[root], heap[child] = heap[child], heap[root]
        root = child


def heapsort(items):
    heap = items[:]
    for start in range(len(heap) // 2 - 1, -1, -1):
        sift(heap, start, len(heap))
    for end in range(len(heap) - 1, 0, -1):
        heap[0], heap[end] = heap[end], heap[0]
        sift(heap, 0, end)
    return heap


def insertion(items):
    items = items[:]
    for i in range(1, len(items)):
        item = items[i]
        j = i - 1
        while j >= 0 and items[j] > item:
            items[j + 1] = items[j]
            j -= 1
        items[j + 1] = item
    return items


def run():
    seed = 7
    numbers = []
    for _ in range(3_000):
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
        numbers.append(seed >> 8)
    expected = sorted(numbers)
    assert quicksort(numbers) == expected
    assert heapsort(numbers) == expected
    few = numbers[:250]
    assert insertion(few) == sorted(few)
    return expected[0], expected[-1]
