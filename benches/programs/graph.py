"""Dicts of sets, deque, heap and tuples: shortest ways through a maze of weighted edges."""

from collections import deque
from heapq import heappop, heappush


def build(size):
    edges = {}
    for row in range(size):
        for column in range(size):
            here = row * size + column
            near = edges.setdefault(here, {})
            for other, cost in ((here + 1, 1 + (here * 13) % 7), (here + size, 1 + (here * 17) % 5)):
                if other < size * size:
                    near[other] = cost
                    edges.setdefault(other, {})[here] = cost
    return edges


def dijkstra(edges, start):
    distance = {start: 0}
    todo = [(0, start)]
    while todo:
        cost, here = heappop(todo)
        if cost > distance[here]:
            continue
        for other, step in edges[here].items():
            new = cost + step
            if other not in distance or new < distance[other]:
                distance[other] = new
                heappush(todo, (new, other))
    return distance


def breadth(edges, start):
    seen = {start}
    todo = deque([(start, 0)])
    last = 0
    while todo:
        here, last = todo.popleft()
        for other in edges[here]:
            if other not in seen:
                seen.add(other)
                todo.append((other, last + 1))
    return last


def run():
    edges = build(50)
    return max(dijkstra(edges, 0).values()), breadth(edges, 0)
