"""The same job in pure Python on one worker and on several at once: milliseconds from the go to the last answer.

job=cpu counts, job=garbage makes objects that refer to each other.
"""

from common import arguments, context, new_queue, perf_counter, report
from jobs import JOBS


def work(job, size, ready, go):
    ready.send(None)
    go.recv()
    ready.send(JOBS[job](size))


def on_threads(job, size, copies):
    import threading

    there, go = new_queue(), threading.Event()

    def run():
        there.put(1)
        go.wait()
        JOBS[job](size)

    threads = [threading.Thread(target=run) for _ in range(copies)]
    for thread in threads:
        thread.start()
    for _ in threads:
        there.get()
    begun = perf_counter()
    go.set()
    for thread in threads:
        thread.join()
    return perf_counter() - begun


def on_interpreters(job, size, copies):
    """CPython's own interpreters, each with its own lock."""
    import threading

    import _interpreters

    run = getattr(_interpreters, "exec")  # by its name: that is a keyword of Python 2
    module = __file__.replace("compute.py", "jobs.py")
    numbers = [_interpreters.create() for _ in range(copies)]
    for number in numbers:
        run(number, "import runpy\nJOBS = runpy.run_path(%r, run_name='job')['JOBS']" % module)
    threads = [
        threading.Thread(target=run, args=(number, "JOBS[%r](%d)" % (job, size))) for number in numbers
    ]
    begun = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = perf_counter() - begun
    for number in numbers:
        _interpreters.destroy(number)
    return took


def on_processes(job, size, copies, method):
    api = context(method)
    answers, starts, workers = [], [], []
    for _ in range(copies):
        here, ready = api.Pipe(False)
        go, start = api.Pipe(False)
        worker = api.Process(target=work, args=(job, size, ready, go))
        worker.start()
        answers.append(here)
        starts.append(start)
        workers.append(worker)
    for here in answers:
        here.recv()
    begun = perf_counter()
    for start in starts:
        start.send(None)
    for here in answers:
        here.recv()
    took = perf_counter() - begun
    for worker in workers:
        worker.join()
    return took


def main():
    options = arguments(job="cpu", kind="process", copies=1, size=1000000, method="")
    job, size, copies = options["job"], options["size"], options["copies"]
    if options["kind"] == "thread":
        took = on_threads(job, size, copies)
    elif options["kind"] == "interpreter":
        took = on_interpreters(job, size, copies)
    else:
        took = on_processes(job, size, copies, options["method"])
    report(value=took * 1e3)


if __name__ == "__main__":
    main()
