"""Locks a file, twice from the same place, and not from another."""
# packages: filelock==4.2.11

import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "lock")
    lock = FileLock(path)
    with lock, lock:
        assert lock.is_locked
        try:
            FileLock(path, is_singleton=False).acquire(timeout=0.05)
        except Timeout:
            pass
        else:
            raise AssertionError("two have it")
    with FileLock(path, timeout=10):
        pass
