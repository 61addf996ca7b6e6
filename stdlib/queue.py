"""Queues between threads.

Within one interpreter a queue is CPython's: items keep their identity. When a queue is given to a thread, which is an
interpreter of its own, it becomes a shared one: from then on every interpreter that has it sees one queue, with the same
order, limits and counts, and items cross as copies. What is in it at that moment stays in it.
"""

import types
from collections import deque
from heapq import heappop, heappush
from time import monotonic
from weakref import WeakValueDictionary

import _ungil
import threading

__all__ = ["Empty", "Full", "LifoQueue", "PriorityQueue", "Queue", "ShutDown", "SimpleQueue"]


class Empty(Exception):
    "Exception raised by Queue.get(block=0)/get_nowait()."


class Full(Exception):
    "Exception raised by Queue.put(block=0)/put_nowait()."


class ShutDown(Exception):
    "Raised when put/get with shut-down queue."


# Queues of this interpreter that are shared, by their lock: one that comes back is the object that it was.
_shared = WeakValueDictionary()


class Queue:
    """A queue that gives items in the order in which they were put. With maxsize > 0 it holds so many at most."""

    __ungil_shared__ = True

    def __init__(self, maxsize=0):
        self.maxsize = maxsize
        self._shelf = None
        # Held for every change. The conditions are over it.
        self.mutex = threading.Lock()
        self.not_empty = threading.Condition(self.mutex)
        self.not_full = threading.Condition(self.mutex)
        self.all_tasks_done = threading.Condition(self.mutex)
        self._unfinished = _ungil.Counter()
        self._shutdown = threading.Event()
        self._init(maxsize)

    @property
    def unfinished_tasks(self):
        """How many items were put and not reported by task_done()."""
        return self._unfinished.get()

    @unfinished_tasks.setter
    def unfinished_tasks(self, count):
        self._unfinished.set(count)

    @property
    def is_shutdown(self):
        return self._shutdown.is_set()

    def task_done(self):
        """Says that an item that was got is dealt with. join() waits until that was said for each."""
        with self.all_tasks_done:
            if self._unfinished.get() <= 0:
                raise ValueError("task_done() called too many times")
            if self._unfinished.sub() == 0:
                self.all_tasks_done.notify_all()

    def join(self):
        """Waits until task_done() was called for every item that was put."""
        with self.all_tasks_done:
            while self._unfinished.get():
                self.all_tasks_done.wait()

    def qsize(self):
        """About how many items are in it: others may change that at any time."""
        with self.mutex:
            return self._size()

    def empty(self):
        with self.mutex:
            return not self._size()

    def full(self):
        with self.mutex:
            return 0 < self.maxsize <= self._size()

    def put(self, item, block=True, timeout=None):
        """Puts an item, waiting for room, or for at most timeout seconds; Full if there is none in that time."""
        # Before anything is changed: what cannot cross is an error and leaves the queue as it was.
        parcel = None if self._shelf is None else _ungil.pack(item)
        with self.not_full:
            if self._shutdown.is_set():
                raise ShutDown
            if self.maxsize > 0:
                self._wait_for(self.not_full, lambda: self._size() < self.maxsize, block, timeout, Full)
                if self._shutdown.is_set():
                    raise ShutDown
            if self._shelf is None:
                self._put(item)
            else:
                # It may have become shared while this waited for room.
                self._shelve(_ungil.pack(item) if parcel is None else parcel)
            self._unfinished.add()
            self.not_empty.notify()

    def get(self, block=True, timeout=None):
        """Takes an item, waiting for one, or for at most timeout seconds; Empty if there is none in that time."""
        with self.not_empty:
            if self._shutdown.is_set() and not self._size():
                raise ShutDown
            self._wait_for(self.not_empty, self._has_item_or_is_over, block, timeout, Empty)
            if self._shutdown.is_set() and not self._size():
                raise ShutDown
            item = self._get() if self._shelf is None else self._unshelve()
            self.not_full.notify()
        # Opened without the lock: that runs code of the item's class.
        return item if self._shelf is None else _opened(item)

    def _has_item_or_is_over(self):
        return self._size() or self._shutdown.is_set()

    def _wait_for(self, condition, ready, block, timeout, error):
        if not block:
            if not ready():
                raise error
        elif timeout is None:
            while not (ready() or self._shutdown.is_set()):
                condition.wait()
        elif timeout < 0:
            raise ValueError("'timeout' must be a non-negative number")
        else:
            end = monotonic() + timeout
            while not (ready() or self._shutdown.is_set()):
                remaining = end - monotonic()
                if remaining <= 0:
                    raise error
                condition.wait(remaining)

    def put_nowait(self, item):
        """Puts an item if there is room now: Full otherwise."""
        return self.put(item, block=False)

    def get_nowait(self):
        """Takes an item if one is there now: Empty otherwise."""
        return self.get(block=False)

    def shutdown(self, immediate=False):
        """Ends it: put() raises ShutDown from now on, and get() when it is empty. With immediate it is empty at once."""
        with self.mutex:
            self._shutdown.set()
            if immediate:
                while self._size():
                    self._get() if self._shelf is None else self._unshelve()
                    if self._unfinished.get() > 0:
                        self._unfinished.sub()
                self.all_tasks_done.notify_all()
            self.not_empty.notify_all()
            self.not_full.notify_all()

    __class_getitem__ = classmethod(types.GenericAlias)

    # What a subclass may have in its own way, within one interpreter.

    def _init(self, maxsize):
        self.queue = deque()

    def _qsize(self):
        return len(self.queue)

    def _put(self, item):
        self.queue.append(item)

    def _get(self):
        return self.queue.popleft()

    # Shared.

    def _size(self):
        return self._qsize() if self._shelf is None else len(self._shelf)

    def _in_order(self):
        """The items in the order in which the shelf has them."""
        return list(self.queue)

    def _shelve(self, parcel):
        self._shelf.append(parcel)

    def _unshelve(self):
        return self._shelf.popleft()

    def _share(self):
        """Moves the items to where every interpreter sees them."""
        if self._shelf is not None:
            return
        for cls in type(self).__mro__:
            if cls.__module__ == __name__:
                break
            if {"_init", "_qsize", "_put", "_get"} & vars(cls).keys():
                raise TypeError(f"a queue of the class {cls.__qualname__} keeps its items in its own way and cannot be shared")
        with self.mutex:
            items = self._in_order()
            self._shelf = _ungil.Shelf()
            try:
                for item in items:
                    self._shelf.append(_ungil.pack(item))
            except BaseException:
                self._shelf = None
                raise
            del self.queue
            _shared[self.mutex] = self

    def __ungil_reduce__(self):
        self._share()
        return _found, (self.mutex, type(self), vars(self).copy())

    def __eq__(self, other):
        if not isinstance(other, Queue):
            return NotImplemented
        return self.mutex == other.mutex

    def __hash__(self):
        return hash(self.mutex)


def _opened(parcel):
    return parcel.open()


def _found(key, cls, attributes):
    """The queue that crosses here, which may be known already."""
    queue = _shared.get(key)
    if queue is None:
        queue = object.__new__(cls)
        vars(queue).update(attributes)
        _shared[key] = queue
    return queue


class PriorityQueue(Queue):
    """Gives the smallest item first; items are often tuples (priority, data)."""

    def _init(self, maxsize):
        self.queue = []

    def _put(self, item):
        heappush(self.queue, item)

    def _get(self):
        return heappop(self.queue)

    def _in_order(self):
        return sorted(self.queue)

    def _shelve(self, parcel):
        # After those that are not greater. Each look opens one, as many as the logarithm of the size.
        item, low, high = parcel.open(), 0, len(self._shelf)
        while low < high:
            middle = (low + high) // 2
            if item < self._shelf.peek(middle).open():
                high = middle
            else:
                low = middle + 1
        self._shelf.insert(low, parcel)


class LifoQueue(Queue):
    """Gives the item that was put last first."""

    def _init(self, maxsize):
        self.queue = []

    def _put(self, item):
        self.queue.append(item)

    def _get(self):
        return self.queue.pop()

    def _unshelve(self):
        return self._shelf.pop()


class SimpleQueue:
    """A queue without limit, whose put() never waits."""

    __ungil_shared__ = True

    def __init__(self):
        self._queue = deque()
        self._shelf = None
        self._count = threading.Semaphore(0)

    def put(self, item, block=True, timeout=None):
        """Puts an item. The other arguments are there for the sake of those who know Queue."""
        if self._shelf is None:
            self._queue.append(item)
        else:
            self._shelf.append(_ungil.pack(item))
        self._count.release()

    def get(self, block=True, timeout=None):
        """Takes an item, waiting for one, or for at most timeout seconds; Empty if there is none in that time."""
        if timeout is not None and timeout < 0:
            raise ValueError("'timeout' must be a non-negative number")
        if not self._count.acquire(block, timeout if block else None):
            raise Empty
        return self._queue.popleft() if self._shelf is None else self._shelf.popleft().open()

    def put_nowait(self, item):
        self.put(item)

    def get_nowait(self):
        return self.get(block=False)

    def empty(self):
        return self.qsize() == 0

    def qsize(self):
        return len(self._queue) if self._shelf is None else len(self._shelf)

    __class_getitem__ = classmethod(types.GenericAlias)

    def __ungil_reduce__(self):
        if self._shelf is None:
            shelf = _ungil.Shelf()
            self._shelf = shelf
            try:
                for item in self._queue:
                    shelf.append(_ungil.pack(item))
            except BaseException:
                self._shelf = None
                raise
            self._queue = None
            _shared[self._count] = self
        return _found, (self._count, type(self), vars(self).copy())

    def __eq__(self, other):
        if not isinstance(other, SimpleQueue):
            return NotImplemented
        return self._count == other._count

    def __hash__(self):
        return hash(self._count)
