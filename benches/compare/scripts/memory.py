"""Memory for each worker that is there and does nothing, in MB: what it adds to what the kernel says is in use."""

import os
import time

from common import arguments, context, report


def stay(connection, release):
    connection.send(1)
    release.recv()


def proportional(pid):
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        for line in rollup:
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def children():
    path = f"/proc/self/task/{os.getpid()}/children"
    with open(path) as numbers:
        return numbers.read().split()


def family():
    return proportional("self") + sum(proportional(pid) for pid in children())


def main():
    options = arguments(count=16, method="")
    api = context(options["method"])
    workers = []

    def start():
        ours, theirs = api.Pipe(False)
        release, held = api.Pipe(False)
        worker = api.Process(target=stay, args=(theirs, release))
        worker.start()
        ours.recv()
        workers.append((worker, held))

    start()
    time.sleep(0.3)
    before = family()
    for _ in range(options["count"]):
        start()
    time.sleep(0.3)
    after = family()
    for worker, held in workers:
        held.send(None)
        worker.join()
    report(value=(after - before) / options["count"] / 1e6)


if __name__ == "__main__":
    main()
