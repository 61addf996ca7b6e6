"""What a pool gives back for work that is under way, and how its workers do it."""

import traceback
from collections import deque

import _ungil

from .context import TimeoutError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, Self

    from .pool import Pool


class RemoteTraceback(Exception):
    """The traceback of a worker, as text: the cause of what its task raised."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return self.text


class MaybeEncodingError(Exception):
    """A result that cannot be sent from the worker."""

    def __init__(self, exc: object, value: object) -> None:
        self.exc = repr(exc)
        self.value = repr(value)
        super().__init__(self.exc, self.value)

    def __str__(self) -> str:
        return f"Error sending result: '{self.value}'. Reason: '{self.exc}'"

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"

    def __reduce__(self):
        return _encoding_error, (self.exc, self.value)


def _encoding_error(exc: str, value: str) -> MaybeEncodingError:
    error = MaybeEncodingError(None, None)
    error.exc, error.value, error.args = exc, value, (exc, value)
    return error


# --- in the worker ---


def call(function: Callable[..., Any], arguments: tuple[tuple[Any, ...], dict[str, Any]]) -> Any:
    """A task of apply()."""
    args, kwargs = arguments
    return function(*args, **kwargs)


def map_chunk(function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """A task of map() and imap()."""
    return [function(item) for item in items]


def starmap_chunk(function: Callable[..., Any], items: Iterable[Iterable[Any]]) -> list[Any]:
    """A task of starmap()."""
    return [function(*item) for item in items]


def failure(error: BaseException) -> tuple[BaseException, str]:
    """What is sent of an exception: itself, and the traceback as text."""
    return error, "".join(traceback.format_exception(error))


def opened(succeeded: bool, parcel: _ungil.Parcel) -> tuple[bool, Any]:
    """What a task came to, at home: an exception has the worker's traceback as its cause."""
    try:
        value = parcel.open()
    except Exception as error:
        # Such as an exception whose class does not take its own arguments.
        return False, error
    if succeeded:
        return True, value
    error, text = value
    error.__cause__ = RemoteTraceback(f'\n"""\n{text}"""')
    return False, error


def send_outcome(results: _ungil.Sender, job: int, index: int, succeeded: bool, value: Any) -> None:
    """Sends what a task came to; if that cannot be sent, says so."""
    try:
        parcel = _ungil.pack(value)
    except Exception as error:
        if not succeeded:
            value = value[0]
        succeeded, parcel = False, _ungil.pack(failure(MaybeEncodingError(error, value)))
    results.send((job, index, succeeded, parcel))


# --- at home ---


class Job:
    """Chunks of work that are under way in a pool, by their number."""

    def __init__(self, pool: Pool, callback: Callable | None = None, error_callback: Callable | None = None) -> None:
        self._pool = pool
        self._callback = callback
        self._error_callback = error_callback
        self._event = _ungil.Event()
        # The worker has the other end of each: it is closed if the worker ends without an answer.
        self._tickets: dict[int, _ungil.Receiver] = {}
        self._number = pool._register(self)

    def _feed(self) -> None:
        """Sends what there is to send now."""

    def _fed(self) -> bool:
        """Whether all was sent."""
        return True

    def _submit(self, index: int, run: Callable, function: object, arguments: object) -> None:
        """Has a chunk done; what cannot be sent makes it fail."""
        ticket, self._tickets[index] = _ungil.channel(1)
        try:
            self._pool._send(ticket, self, index, run, function, arguments)
        except Exception as error:
            self._answer(index, False, error)

    def _answer(self, index: int, succeeded: bool, value: Any) -> None:
        """Takes the answer for a chunk, the first one."""
        if self._tickets.pop(index, None) is None:
            return
        self._set(index, succeeded, value)
        self._feed()
        if not self._tickets and self._fed():
            self._pool._forget(self._number)

    def _lost(self) -> list[int]:
        """The chunks whose worker is gone."""
        return [index for index, ticket in list(self._tickets.items()) if ticket.closed]

    def _abandon(self, error: Exception) -> None:
        """Makes all that is under way fail, without callbacks."""
        self._callback = self._error_callback = None
        for index in list(self._tickets):
            self._answer(index, False, error)

    def _set(self, index: int, succeeded: bool, value: Any) -> None:
        raise NotImplementedError


class ApplyResult(Job):
    """The result of a call that is under way."""

    _ready = False
    _success = True
    _value: Any = None

    def ready(self) -> bool:
        """Whether it has come."""
        return self._ready

    def successful(self) -> bool:
        """Whether nothing was raised; ValueError if it has not come."""
        if not self._ready:
            raise ValueError(f"{self!r} not ready")
        return self._success

    def wait(self, timeout: float | None = None) -> None:
        """Waits until it has come, or for *timeout* seconds."""
        if not self._ready:
            self._pool._attend()
            self._event.wait(None if timeout is None else max(timeout, 0))

    def get(self, timeout: float | None = None) -> Any:
        """Returns it, waiting for it; raises what the call raised, or TimeoutError."""
        self.wait(timeout)
        if not self._ready:
            raise TimeoutError
        if self._success:
            return self._value
        raise self._value

    def _set(self, index: int, succeeded: bool, value: Any) -> None:
        self._success, self._value = succeeded, value
        self._finish()

    def _finish(self) -> None:
        callback = self._callback if self._success else self._error_callback
        self._callback = self._error_callback = None
        self._ready = True
        self._event.set()
        if callback:
            callback(self._value)


AsyncResult = ApplyResult


class MapResult(ApplyResult):
    """The list that a map() comes to, under way."""

    def __init__(
        self,
        pool: Pool,
        chunks: list[list[Any]],
        run: Callable,
        function: object,
        callback: Callable | None,
        error_callback: Callable | None,
    ) -> None:
        super().__init__(pool, callback, error_callback)
        self._parts: list[list[Any]] = [[]] * len(chunks)
        self._left = len(chunks)
        # No delivery comes in between while a lock is held, so that none is lost from the count.
        self._counting = _ungil.Lock()
        self._chunks = deque(enumerate(chunks))
        if not chunks:
            self._value, self._callback = [], None
            pool._forget(self._number)
            self._finish()
        while self._chunks:
            # It counts as not sent until it has its ticket: the answers to all others may come in between.
            index, chunk = self._chunks[0]
            self._submit(index, run, function, chunk)
            self._chunks.popleft()
        if chunks and not self._tickets:
            pool._forget(self._number)

    def _fed(self) -> bool:
        return not self._chunks

    def _set(self, index: int, succeeded: bool, value: Any) -> None:
        if succeeded:
            self._parts[index] = value
        elif self._success:
            self._success, self._value = False, value
        with self._counting:
            self._left -= 1
            is_last = self._left == 0
        if is_last:
            if self._success:
                self._value = [item for part in self._parts for item in part]
            self._parts = []
            self._finish()


class IMapIterator(Job):
    """The results of an imap(), in the order of their items. Some chunks are sent at a time, as others are answered."""

    _ordered = True

    def __init__(self, pool: Pool, chunks: Iterator[list[Any]], function: object) -> None:
        super().__init__(pool)
        self._chunks: Iterator[list[Any]] | None = chunks
        self._function = function
        self._feeding = False
        self._sent = 0
        self._next = 0
        self._early: dict[int, tuple[bool, Any]] = {}
        self._items: deque[tuple[bool, Any]] = deque()
        self._feed()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        return self.next()

    def next(self, timeout: float | None = None) -> Any:
        """The next result, waiting for it; raises what its call raised, or TimeoutError."""
        if not self._items:
            self._pool._attend()
            if not self._event.wait(None if timeout is None else max(timeout, 0)):
                raise TimeoutError
        if not self._items:
            raise StopIteration
        succeeded, value = self._items.popleft()
        if not self._items and not self._over():
            self._event.clear()
            # An answer may have come between the two.
            if self._items or self._over():
                self._event.set()
        if succeeded:
            return value
        raise value

    def _over(self) -> bool:
        return self._fed() and not self._tickets

    def _fed(self) -> bool:
        return self._chunks is None

    def _feed(self) -> None:
        # An answer that comes while the items are being made must not ask for more of them.
        if self._feeding:
            return
        self._feeding = True
        try:
            while self._chunks is not None and len(self._tickets) < self._pool._window:
                if self._pool._ended():
                    self._chunks = None
                    break
                self._feed_one()
        finally:
            self._feeding = False

    def _feed_one(self) -> None:
        index = self._sent
        try:
            chunk = next(self._chunks, None)
        except Exception as error:
            self._chunks = None
            self._sent += 1
            _, self._tickets[index] = _ungil.channel(1)
            self._answer(index, False, error)
            return
        if chunk is None:
            self._chunks = None
            if not self._tickets:
                self._pool._forget(self._number)
                self._event.set()
            return
        self._sent += 1
        self._submit(index, map_chunk, self._function, chunk)

    def _set(self, index: int, succeeded: bool, value: Any) -> None:
        if self._ordered:
            self._early[index] = (succeeded, value)
            while self._next in self._early:
                self._deliver(*self._early.pop(self._next))
                self._next += 1
        else:
            self._deliver(succeeded, value)
        if self._items or self._over():
            self._event.set()

    def _deliver(self, succeeded: bool, value: Any) -> None:
        self._items.extend([(True, item) for item in value] if succeeded else [(False, value)])

    def _abandon(self, error: Exception) -> None:
        self._chunks = None
        super()._abandon(error)
        self._event.set()


class IMapUnorderedIterator(IMapIterator):
    """The results of an imap_unordered(), as they come."""

    _ordered = False
