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


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as numbers:
        return [int(number) for number in numbers.read().split()]


def family(pid):
    """This process with its children and theirs: those of a fork server are not ours."""
    return proportional(pid) + sum(family(child) for child in children(pid))


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
    before = family(os.getpid())
    for _ in range(options["count"]):
        start()
    time.sleep(0.3)
    after = family(os.getpid())
    for worker, held in workers:
        held.send(None)
        worker.join()
    report(value=(after - before) / options["count"] / 1e6)


if __name__ == "__main__":
    main()
