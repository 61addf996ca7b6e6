"""A worker from nothing to its first result and back to nothing; with mode=cold beside others that stay, to its result.

Between two starts there is a pause, for everybody: it is when spares are made.
"""

import time

from common import arguments, context, median, new_queue, perf_counter, report


def answer(connection):
    connection.send(1)


def answer_and_stay(connection, release):
    connection.send(1)
    release.recv()


def process(api):
    ours, theirs = api.Pipe(False)
    worker = api.Process(target=answer, args=(theirs,))
    worker.start()
    ours.recv()
    worker.join()


def thread(_):
    import threading

    results = new_queue()
    worker = threading.Thread(target=results.put, args=(1,))
    worker.start()
    results.get()
    worker.join()


def interpreter(_):
    # By its name, as `exec` is a keyword of Python 2.
    try:
        from concurrent import interpreters
    except ImportError:
        import _interpreters

        number = _interpreters.create()
        getattr(_interpreters, "exec")(number, "x = 1")
        _interpreters.destroy(number)
    else:
        worker = interpreters.create()
        getattr(worker, "exec")("x = 1")
        worker.close()


def cold(api, count):
    """Each needs a thread or process of its own, as those before it are still there."""
    times, keep = [], []
    for _ in range(count):
        ours, theirs = api.Pipe(False)
        release, held = api.Pipe(False)
        begun = perf_counter()
        worker = api.Process(target=answer_and_stay, args=(theirs, release))
        worker.start()
        ours.recv()
        times.append(perf_counter() - begun)
        keep.append((worker, held))
    for worker, held in keep:
        held.send(None)
        worker.join()
    return times


def main():
    options = arguments(kind="process", method="", mode="ready", count=7, pause=0.08)
    api = context(options["method"]) if options["kind"] == "process" else None
    if options["mode"] == "cold":
        times = cold(api, options["count"])
    else:
        start = {"process": process, "thread": thread, "interpreter": interpreter}[options["kind"]]
        start(api)
        times = []
        for _ in range(options["count"]):
            time.sleep(options["pause"])
            begun = perf_counter()
            start(api)
            times.append(perf_counter() - begun)
    report(value=median(times) * 1e3)


if __name__ == "__main__":
    main()
