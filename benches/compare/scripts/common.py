"""What the scripts share: arguments from the command line, figures to the standard output as one line of JSON."""

import json
import sys
import time


def arguments(**defaults):
    """`name=value` words of the command line over *defaults*, whose types they get."""
    given = dict(word.split("=", 1) for word in sys.argv[1:])
    unknown = set(given) - set(defaults)
    if unknown:
        raise SystemExit("unknown: " + ", ".join(sorted(unknown)))
    return {name: type(default)(given.get(name, default)) for name, default in defaults.items()}


def report(**figures):
    print(json.dumps(figures), flush=True)


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def timed(function, *args):
    begun = time.perf_counter()
    function(*args)
    return time.perf_counter() - begun


def context(method):
    """multiprocessing as it is, or with a start method."""
    import multiprocessing

    return multiprocessing.get_context(method) if method else multiprocessing
