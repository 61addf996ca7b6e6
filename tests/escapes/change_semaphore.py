"""Making a semaphore with a name."""

import _multiprocessing
_multiprocessing.SemLock(0, 0, 1, "/ungil-escape", False)
