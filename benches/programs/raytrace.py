"""Floats in objects with operators: spheres and their shadows."""

from math import sqrt


class Vector:
    __slots__ = ("x", "y", "z")

    def __init__(self, x, y, z):
        self.x = x
        self.y = y
        self.z = z

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y, self.z + other.z)

    def __sub__(self, other):
        return Vector(self.x - other.x, self.y - other.y, self.z - other.z)

    def scale(self, factor):
        return Vector(self.x * factor, self.y * factor, self.z * factor)

    def dot(self, other):
        return self.x * other.x + self.y * other.y + self.z * other.z

    def unit(self):
        return self.scale(1.0 / sqrt(self.dot(self)))


class Sphere:
    def __init__(self, centre, radius, shade):
        self.centre = centre
        self.radius = radius
        self.shade = shade

    def hit(self, origin, direction):
        gap = origin - self.centre
        half = gap.dot(direction)
        inside = half * half - gap.dot(gap) + self.radius * self.radius
        if inside <= 0.0:
            return None
        distance = -half - sqrt(inside)
        return distance if distance > 1e-6 else None


SPHERES = [
    Sphere(Vector(0.0, 0.0, 5.0), 1.0, 0.9),
    Sphere(Vector(1.2, 0.6, 4.0), 0.5, 0.7),
    Sphere(Vector(-1.4, -0.2, 6.0), 1.3, 0.5),
    Sphere(Vector(0.0, -101.0, 5.0), 100.0, 0.4),
]
LIGHT = Vector(4.0, 6.0, -3.0)


def nearest(origin, direction):
    best = None
    best_distance = float("inf")
    for sphere in SPHERES:
        distance = sphere.hit(origin, direction)
        if distance is not None and distance < best_distance:
            best, best_distance = sphere, distance
    return best, best_distance


def colour(origin, direction):
    sphere, distance = nearest(origin, direction)
    if sphere is None:
        return 0.1
    point = origin + direction.scale(distance)
    normal = (point - sphere.centre).unit()
    towards = (LIGHT - point).unit()
    shadow, _ = nearest(point + normal.scale(1e-4), towards)
    light = 0.0 if shadow else max(0.0, normal.dot(towards))
    return sphere.shade * (0.2 + 0.8 * light)


def run(size=26):
    eye = Vector(0.0, 0.0, 0.0)
    total = 0.0
    for row in range(size):
        for column in range(size):
            direction = Vector(column / size - 0.5, 0.5 - row / size, 1.0).unit()
            total += colour(eye, direction)
    return round(total, 9)
