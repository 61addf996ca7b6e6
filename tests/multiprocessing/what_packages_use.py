"""Names behind the documented ones that packages such as loky use, and the processors that a pool may take."""

import multiprocessing
import os
from multiprocessing import context, queues

from _multiprocessing import SemLock, sem_unlink

RECURSIVE_MUTEX, SEMAPHORE = range(2)

# By position, and as joblib has it, by name.
semaphore = SemLock(SEMAPHORE, 1, 2, "/a-name", True)
assert SemLock(RECURSIVE_MUTEX, 1, 1, name="/another", unlink=False).name == "/another"
assert semaphore.name is None and semaphore._get_value() == 1
assert semaphore.acquire() and not semaphore.acquire(False) and not semaphore.acquire(True, 0.001)
assert semaphore._is_zero() and semaphore._count() == 1 and semaphore._is_mine()
semaphore.release()
semaphore.release()
try:
    semaphore.release()
except ValueError:
    pass
else:
    raise AssertionError("released above its maximum")
sem_unlink("/a-name")

mutex = SemLock(RECURSIVE_MUTEX, 1, 1, "/mutex", True)
with mutex, mutex:
    assert mutex._count() == 2
assert not mutex._is_mine()
try:
    mutex.release()
except AssertionError:
    pass
else:
    raise AssertionError("it was nobody's")

for arguments in ((7, 1, 1), (SEMAPHORE, 2, 1), (SEMAPHORE, -1, 1), (SEMAPHORE, 0, 0)):
    try:
        SemLock(*arguments, name="/wrong", unlink=True)
    except ValueError:
        pass
    else:
        raise AssertionError(arguments)


def take(semaphore, results):
    results.put(semaphore.acquire(False))


# It crosses as itself.
one = SemLock(SEMAPHORE, 1, 1, "/one", True)
results = multiprocessing.Queue()
for expected in (True, False):
    process = multiprocessing.Process(target=take, args=(one, results))
    process.start()
    assert results.get() is expected
    process.join()


# A context of one's own is known by its name.
class OwnContext(context.BaseContext):
    _name = "own"


context._concrete_contexts["own"] = OwnContext()
try:
    assert type(multiprocessing.get_context("own")) is OwnContext
finally:
    del context._concrete_contexts["own"]
assert context.get_spawning_popen() is None and queues._sentinel is not None

# os.sched_getaffinity is the system's, and so is what depends on it.
if hasattr(os, "sched_getaffinity"):
    mine = os.sched_getaffinity(0)
    assert mine and mine <= set(range(os.cpu_count())), mine
    assert os.process_cpu_count() == len(mine)
    try:
        os.sched_getaffinity(2**22 + 1)
    except OSError:
        pass
    else:
        raise AssertionError("nobody has that number")
