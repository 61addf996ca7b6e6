"""Pipes, listeners and clients for threads: those for processes, as they reach every interpreter of the program."""

from ..connection import Client, Connection, Listener, Pipe

__all__ = ["Client", "Connection", "Listener", "Pipe"]

families = [None]
