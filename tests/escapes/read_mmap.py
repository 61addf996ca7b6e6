"""Mapping a file into memory."""

import mmap, os
with open(granted + "/own", "r+b") as f:
    mmap.mmap(f.fileno(), 0)
