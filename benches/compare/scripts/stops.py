"""How long it takes to end a process that spins, from terminate() to the end of join(), in ms: median, p99, longest."""

import time

from common import arguments, context, report


def spin(connection):
    connection.send(1)
    while True:
        pass


def main():
    options = arguments(count=20, busy=1, method="")
    api = context(options["method"])

    def start():
        ours, theirs = api.Pipe(False)
        worker = api.Process(target=spin, args=(theirs,))
        worker.start()
        ours.recv()
        return worker

    noise = [start() for _ in range(options["busy"])]
    times = []
    for _ in range(options["count"]):
        worker = start()
        begun = time.perf_counter()
        worker.terminate()
        worker.join()
        times.append((time.perf_counter() - begun) * 1e3)
    for worker in noise:
        worker.terminate()
        worker.join()
    times.sort()
    report(p50=times[len(times) // 2], p99=times[len(times) * 99 // 100 - 1], max=times[-1])


if __name__ == "__main__":
    main()
