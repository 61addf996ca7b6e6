"""Floats in lists, unpacked and updated: planets that attract each other."""

BODIES = [
    # position, velocity, mass
    ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], 39.47),
    ([4.84, -1.16, -0.10], [0.60, 2.81, -0.02], 0.037),
    ([8.34, 4.12, -0.40], [-1.01, 1.82, 0.008], 0.011),
    ([12.89, -15.11, -0.22], [1.08, 0.86, -0.01], 0.0017),
    ([15.37, -25.91, 0.17], [0.97, 0.59, -0.03], 0.002),
]


def advance(pairs, bodies, step):
    for (one, one_speed, one_mass), (two, two_speed, two_mass) in pairs:
        dx = one[0] - two[0]
        dy = one[1] - two[1]
        dz = one[2] - two[2]
        pull = step * (dx * dx + dy * dy + dz * dz) ** -1.5
        by_one = one_mass * pull
        by_two = two_mass * pull
        one_speed[0] -= dx * by_two
        one_speed[1] -= dy * by_two
        one_speed[2] -= dz * by_two
        two_speed[0] += dx * by_one
        two_speed[1] += dy * by_one
        two_speed[2] += dz * by_one
    for place, (vx, vy, vz), _ in bodies:
        place[0] += step * vx
        place[1] += step * vy
        place[2] += step * vz


def run():
    bodies = [(place[:], speed[:], mass) for place, speed, mass in BODIES]
    pairs = [(one, two) for nth, one in enumerate(bodies) for two in bodies[nth + 1 :]]
    for _ in range(2_000):
        advance(pairs, bodies, 0.01)
    return round(sum(mass * sum(v * v for v in speed) for _, speed, mass in bodies), 9)
