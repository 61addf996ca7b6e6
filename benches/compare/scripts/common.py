"""What the scripts share: arguments from the command line, figures to the standard output as one line of JSON.

This file, `jobs.py`, `compute.py`, `channels.py` and `start.py` also run on Jython, which is a Python 2.7.
"""

import json
import sys

try:
    from time import perf_counter
except ImportError:
    from time import time as perf_counter


def arguments(**defaults):
    """`name=value` words of the command line over *defaults*, whose types they get."""
    given = dict(word.split("=", 1) for word in sys.argv[1:])
    unknown = set(given) - set(defaults)
    if unknown:
        raise SystemExit("unknown: " + ", ".join(sorted(unknown)))
    return {name: type(default)(given.get(name, default)) for name, default in defaults.items()}


def report(**figures):
    print(json.dumps(figures))
    sys.stdout.flush()


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def context(method):
    """multiprocessing as it is, or with a start method."""
    import multiprocessing

    return multiprocessing.get_context(method) if method else multiprocessing


def new_queue(size=0):
    """A queue between threads."""
    try:
        import queue
    except ImportError:
        import Queue as queue
    return queue.Queue(size)
