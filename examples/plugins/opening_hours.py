"""Thinks that it is a program of its own."""

import sys


def handle(order):
    sys.exit("closed on Sundays")
