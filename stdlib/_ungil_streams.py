"""Standard streams whose other end is in the host program instead of a file descriptor."""

import io
import os


class HostOutput(io.RawIOBase):
    """A raw stream that hands each piece of bytes to a function of the host."""

    def __init__(self, write, name, descriptor=None):
        self._write = write
        self._descriptor = descriptor
        self.name = name

    def fileno(self):
        return super().fileno() if self._descriptor is None else self._descriptor

    def isatty(self):
        return self._descriptor is not None and os.isatty(self._descriptor)

    def writable(self):
        return True

    def write(self, data):
        return self._write(data)


class HostInput(io.RawIOBase):
    """A raw stream that asks a function of the host for what comes next."""

    name = "<stdin>"

    def __init__(self, read):
        self._read = read

    def readable(self):
        return True

    def readinto(self, buffer):
        data = self._read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def open_output(write, descriptor=None):
    raw = HostOutput(write, "<stdout>", descriptor)
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding="utf-8", errors="surrogateescape", newline="\n", line_buffering=True
    )


def open_errors(write, descriptor=None):
    raw = HostOutput(write, "<stderr>", descriptor)
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", newline="\n", line_buffering=True
    )


def open_input(data):
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", errors="surrogateescape")


def open_host_input(read):
    return io.TextIOWrapper(io.BufferedReader(HostInput(read)), encoding="utf-8", errors="surrogateescape")
