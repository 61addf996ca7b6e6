"""Simulates cars that wait for two charging stations."""
# packages: simpy==4.1.2

import simpy

log = []


def car(environment, name, stations, arrives, needs):
    yield environment.timeout(arrives)
    with stations.request() as turn:
        yield turn
        log.append((name, environment.now))
        yield environment.timeout(needs)


environment = simpy.Environment()
stations = simpy.Resource(environment, capacity=2)
for n in range(4):
    environment.process(car(environment, n, stations, n, 5))
environment.run()
assert log == [(0, 0), (1, 1), (2, 5), (3, 6)] and environment.now == 11, log
