"""Workers: isolated interpreters that take calls from one queue and deliver what becomes of them to their owner.

Executors and pools are thin layers over `Crew`. Its owner needs no thread to manage it: outcomes arrive as deliveries,
which run on the owner's own thread at safe points, and so does the news that a worker has ended. That is why the code
here takes no lock, and why each step leaves a state that a delivery in the middle of it can live with.
"""

from __future__ import annotations

import atexit
import time
from collections import deque

import _ungil
from _ungil import ChannelClosed, ChannelEmpty, Parcel, pack
from _ungil_errors import open_error, pack_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    class Job(Protocol):
        """What the owner keeps of a call."""

        def _finish(self, good: bool, value: Any) -> object:
            """Is told what became of the call: True and its result, or False and its exception."""


# Results of these very types travel as they are; others in a parcel, so that only their call fails if one does not open.
PLAIN = frozenset({type(None), bool, int, float, str, bytes})

# How many calls wait in the channel for each worker while more are held back by the owner.
_AHEAD = 2

_living: set[Crew] = set()


def work(tasks, results, initializer, initargs, limit) -> None:
    """What a worker runs: calls from the channel, until it is closed and empty or *limit* calls are done."""
    try:
        if initializer is not None:
            try:
                initializer(*initargs)
            except _ungil.Cancelled:
                raise
            except BaseException as error:
                results.send((None, False, pack_error(error)))
                return
        plain, send = PLAIN, results.send
        for number, call in tasks:
            try:
                function, args, kwargs = call.open()
                result = function(*args, **kwargs)
                message = (number, True, result if type(result) in plain else pack(result))
                del function, args, kwargs, result
            except _ungil.Cancelled:
                raise
            except BaseException as error:
                message = (number, False, pack_error(error))
            send(message)
            if limit is not None:
                limit -= 1
                if not limit:
                    return
    except ChannelClosed:
        pass  # The owner is gone, so nobody waits for results.


class Bursts:
    """Has an inbox take in together what comes soon one after the other, while many calls are made in quick succession.

    To be interrupted for each result would take longer than many a call does.
    """

    # So many calls in a row, each within so many seconds of the one before, are a burst.
    _CALLS = 8
    _APART = 0.0002
    # Results of a burst wait for others for so many seconds.
    _GATHERED = 0.0005

    def __init__(self, inbox: _ungil.Inbox):
        self._inbox = inbox
        self._latest = 0.0
        self._calls = 0

    def count(self) -> None:
        """A call was made."""
        now = time.monotonic()
        if now - self._latest > self._APART:
            self._end()
        else:
            self._calls += 1
            if self._calls == self._CALLS:
                self._inbox.gather(self._GATHERED)
        self._latest = now

    def attend(self, is_over: bool) -> None:
        """The owner is about to wait: what has come is taken in, and what is left as it comes if the burst is over."""
        if self._calls >= self._CALLS:
            if is_over:
                self._end()
            self._inbox.pump()

    def _end(self) -> None:
        if self._calls >= self._CALLS:
            self._inbox.gather(0.0)
        self._calls = 0


class Crew:
    """Up to *size* workers, started when there is a call and no idle worker.

    *kind* and *name* are those of the interpreters (the name gets a number), *limit* is how many calls one worker runs
    before another takes its place. *lost* is called once with a text and the exception behind it, if there is one, when a
    worker ends before its time or its initializer fails; it returns the exception to give to each call that had not ended.
    """

    def __init__(
        self,
        size: int,
        *,
        kind: str,
        name: str,
        initializer: Callable[..., object] | None = None,
        initargs: tuple = (),
        limit: int | None = None,
        lost: Callable[[str, BaseException | None], Callable[[], BaseException]],
    ):
        self.size = size
        self.workers: dict[int, Any] = {}
        self.closed = False
        self.broken: str | None = None
        self._kind = kind
        self._name = name
        self._equipment = (initializer, initargs, limit)
        self._lost = lost
        self._started = 0
        self._number = 0
        self._waiting: dict[int, Job] = {}
        self._tasks, self._queue = _ungil.unbounded_channel()
        self._inbox = _ungil.Inbox(self._deliver)
        self._bursts = Bursts(self._inbox)
        # Calls that were taken back from the channel, in order, and the numbers of those that still count.
        self._held: deque[tuple[int, Parcel]] = deque()
        self._held_numbers: set[int] = set()
        self._supplying = False

    def put(self, call: Parcel, job: Job) -> int:
        """Has a worker run the packed (function, args, kwargs); *job* is told what becomes of it.

        Returns the number of the call.
        """
        waiting = self._waiting
        workers = len(self.workers)
        if workers < self.size and len(waiting) >= workers:
            self._start()
        number = self._number = self._number + 1
        waiting[number] = job
        if self._held:
            self._hold(number, call)
        else:
            try:
                self._tasks.send((number, call))
            except ChannelClosed:
                # The crew broke after the caller looked.
                if waiting.pop(number, None) is not None:
                    job._finish(False, self._failure())
        self._bursts.count()
        return number

    def attend(self) -> None:
        """Takes in what has come: the owner is about to wait for it."""
        self._bursts.attend(len(self._waiting) <= self.size)

    def cancel(self, number: int) -> bool:
        """Takes a call back, if no worker has begun it. Its job is not told."""
        if number not in self._held_numbers:
            self._take_back()
        try:
            self._held_numbers.remove(number)
        except KeyError:
            return False
        finally:
            self._supply()
        self._waiting.pop(number, None)
        self._close_when_done()
        return True

    def withdraw(self) -> list[Job]:
        """Takes back all calls that no worker has begun. Their jobs, which it returns, are not told."""
        self._take_back()
        # Taken at once, so that a delivery in the middle of it has none of them to send or to clear.
        self._held, held = deque(), self._held
        jobs = []
        for number, _ in held:
            if number in self._held_numbers:
                self._held_numbers.discard(number)
                job = self._waiting.pop(number, None)
                if job is not None:
                    jobs.append(job)
        self._close_when_done()
        return jobs

    def begun(self, number: int) -> bool:
        """True while a worker runs the call."""
        if number in self._waiting and number not in self._held_numbers:
            self._take_back()
        answer = number in self._waiting and number not in self._held_numbers
        self._supply()
        return answer

    def close(self) -> None:
        """No more calls. Workers end when those that wait are done."""
        if not self.closed:
            self.closed = True
            self._close_when_done()
            self._release()

    def join(self, timeout: float | None = None) -> bool:
        """Waits until all workers have ended; False if they have not in *timeout* seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        # A list, because a delivery takes out workers that have ended, at any time.
        while workers := list(self.workers.values()):
            worker = workers[0]
            if not worker.join(None if deadline is None else max(deadline - time.monotonic(), 0)):
                return False
            self._ended(worker)
        return True

    def stop(self, reason: str, *, cause: BaseException | None = None, kill: bool = False) -> None:
        """Ends all workers now. Calls that had not ended fail, told *reason*."""
        self._break(reason, cause, kill)

    def _start(self) -> None:
        name = f"{self._name}_{self._started}"
        worker = _ungil.start(work, (self._queue, self._inbox.sender, *self._equipment), name=name, kind=self._kind)
        self._started += 1
        if not self.workers:
            _living.add(self)
        self.workers[worker.pid] = worker
        _ungil.when_ready(worker, lambda: self._ended(worker))

    def _deliver(self, message: tuple[int | None, bool, Any]) -> None:
        number, good, value = message
        job = self._waiting.pop(number, None)
        if self._held:
            self._supply()
        if not good:
            value = open_error(value)
        elif type(value) is Parcel:
            try:
                value = value.open()
            except Exception as error:
                good, value = False, error
        if number is None:
            self._break("the initializer of a worker failed", value)
        elif job is not None:
            job._finish(good, value)
        if self.closed:
            self._close_when_done()

    def _ended(self, worker) -> None:
        if self.workers.pop(worker.pid, None) is None:
            return
        # What it sent comes before the news of its end.
        self._inbox.pump()
        how, detail = worker.outcome()
        if how != "returned":
            cause = detail.open() if how == "raised" else None
            self._break(f"worker {worker.name!r} {_END[how].format(cause or detail)}", cause)
        elif self.broken is None and len(self.workers) < min(self.size, len(self._waiting)):
            self._start()
        self._release()

    def _break(self, reason: str, cause: BaseException | None, kill: bool = False) -> None:
        if self.broken is not None:
            return
        self.broken = reason
        self.closed = True
        self._held.clear()
        self._held_numbers.clear()
        self._tasks.close()
        self._from_queue()
        failed = list(self._waiting.values())
        self._waiting.clear()
        for worker in list(self.workers.values()):
            worker.kill() if kill else worker.terminate()
        self._failure = self._lost(reason, cause)
        for job in failed:
            job._finish(False, self._failure())
        self._release()

    def _from_queue(self) -> list[tuple[int, Parcel]]:
        taken = []
        try:
            while True:
                taken.append(self._queue.try_recv())
        except (ChannelEmpty, ChannelClosed):
            return taken

    def _take_back(self) -> None:
        taken = self._from_queue()
        self._held.extendleft(reversed(taken))
        self._held_numbers.update(number for number, _ in taken)

    def _hold(self, number: int, call: Parcel) -> None:
        self._held.append((number, call))
        self._held_numbers.add(number)
        self._supply()

    def _supply(self) -> None:
        """Sends held calls on until workers have enough of them ahead."""
        # Looked at again after the flag is down: deliveries that came before that have left the sending to this.
        while self._held and len(self._queue) < self.size * _AHEAD:
            if self._supplying:
                return  # A delivery in the middle of it: a second one would change the order.
            self._supplying = True
            try:
                while self._held and len(self._queue) < self.size * _AHEAD:
                    try:
                        task = self._held.popleft()
                    except IndexError:
                        return  # A delivery in the middle of it took them all.
                    if task[0] in self._held_numbers:
                        self._held_numbers.discard(task[0])
                        self._tasks.send(task)
            finally:
                self._supplying = False

    def _close_when_done(self) -> None:
        # Not before: what is in the channel may yet be taken back and sent again.
        if self.closed and not self._waiting:
            self._tasks.close()

    def _release(self) -> None:
        if self.closed and not self.workers:
            _living.discard(self)
            self._inbox.close()


_END = {
    "raised": "failed: {0!r}",
    "exited": "ended itself with status {0}",
    "stopped": "was stopped by signal {0}",
    "lost": "was lost: {0}",
}


@atexit.register
def _end_all() -> None:
    """Lets what was submitted come to its end before this interpreter ends."""
    for crew in list(_living):
        crew.close()
    for crew in list(_living):
        crew.join()
