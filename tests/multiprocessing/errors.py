"""Exceptions of processes are printed as CPython prints them; main goes on."""

import multiprocessing as mp
import sys


def fail():
    raise ValueError("no luck")


def leave():
    sys.exit("good-bye")


for target in (fail, leave):
    process = mp.Process(target=target)
    process.start()
    process.join()
    print(process.name, process.exitcode)
