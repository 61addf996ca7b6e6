"""Standard streams whose other end is in the host program instead of a file descriptor."""

import io


class HostOutput(io.RawIOBase):
    """A raw stream that hands each piece of bytes to a function of the host."""

    def __init__(self, write, name):
        self._write = write
        self.name = name

    def writable(self):
        return True

    def write(self, data):
        return self._write(data)


def open_output(write):
    raw = HostOutput(write, "<stdout>")
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding="utf-8", errors="surrogateescape", newline="\n", line_buffering=True
    )


def open_errors(write):
    raw = HostOutput(write, "<stderr>")
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", newline="\n", line_buffering=True
    )


def open_input(data):
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", errors="surrogateescape")
