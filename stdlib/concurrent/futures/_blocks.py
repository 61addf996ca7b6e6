"""map() over many small items, for the price of a few calls.

Items travel in blocks, and every worker gets each block; but which worker runs an item is decided item by item: a shared
counter says which is next. So items begin in order, each as soon as any worker is free, just as if each were a call of
its own, and none waits behind a slow one. Results come one by one through a channel that the iterator reads.
"""

from __future__ import annotations

import time

import _ungil
from _ungil import ChannelClosed, Counter, Parcel, pack
from _ungil_crew import PLAIN, Crew
from _ungil_errors import open_error, pack_error

from concurrent.futures._base import CancelledError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

# Fewer items than this are as well off as calls of their own.
FEWEST = 16
_BLOCK = 1024
# Each worker opens all blocks: with larger items than this, in bytes, that would cost more than calls do.
_LARGEST = 512
# Added to a counter of items, it leaves none.
_FAR = 1 << 40
# Seconds between two looks at results that come in quick succession.
_LULL = 0.0002


def run(function: Parcel, items: Parcel, following: Counter, results: _ungil.Sender, base: int) -> None:
    """Runs items of a block, as long as there are any that no worker has begun."""
    begin, send, plain = following.add, results.send, PLAIN
    if following.get() >= 0:
        return  # Others have begun them all.
    try:
        call, items = function.open(), items.open()
    except Exception as error:
        # Each worker meets this; the first one answers for all items.
        while (index := begin(1) - 1) < 0:
            send((base + index, False, pack_error(error)))
        return
    try:
        while (index := begin(1) - 1) < 0:
            try:
                result = call(*items[index])
                message = (base + index, True, result if type(result) in plain else pack(result))
            except _ungil.Cancelled:
                raise
            except BaseException as error:
                message = (base + index, False, pack_error(error))
            send(message)
    except ChannelClosed:
        pass  # Nobody wants the results any more.


class BlockMap:
    """One map(): its blocks, and the iterator over its results."""

    def __init__(self, crew: Crew, function: Parcel, blocks: list[tuple[Parcel, int]], deadline: float | None):
        self._sender, self._receiver = _ungil.unbounded_channel()
        self._deadline = deadline
        self._error: BaseException | None = None
        # Whether results come in quick succession.
        self._rapid = False
        self._blocks: list[tuple[Counter, int]] = []
        self._total = 0
        for items, count in blocks:
            # It counts up to 0, and an item's index is counted from the end of its block.
            following = Counter(-count)
            self._total += count
            self._blocks.append((following, self._total))
            call = pack((run, (function, items, following, self._sender, self._total), {}))
            for _ in range(min(crew.size, count)):
                crew.put(call, self)

    def results(self) -> Iterator[Any]:
        """The results, in order."""
        # What has come out of order.
        early: dict[int, tuple[bool, Any]] = {}
        plain = PLAIN
        receive = self._receive
        try:
            for wanted in range(self._total):
                if wanted in early:
                    good, value = early.pop(wanted)
                else:
                    while True:
                        index, good, value = receive()
                        if index == wanted:
                            break
                        early[index] = good, value
                if not good:
                    raise CancelledError if value is None else open_error(value)
                if type(value) in plain:
                    yield value
                    continue
                value = value.open()
                # While it waits for the next, it keeps no reference.
                taken = [value]
                del value
                yield taken.pop()
        finally:
            self._receiver.close()
            self.cancel()

    def _receive(self) -> tuple[int, bool, Any]:
        receiver = self._receiver
        try:
            if len(receiver):
                return receiver.recv()
            if self._rapid:
                # Being woken for each result would cost more than what the workers do for it.
                time.sleep(_LULL)
            begun = time.monotonic()
            message = receiver.recv(None if self._deadline is None else max(self._deadline - begun, 0))
            self._rapid = time.monotonic() - begun < _LULL
            return message
        except ChannelClosed:
            raise self._error or CancelledError from None

    def cancel(self) -> None:
        """Cancels the items that no worker has begun."""
        begun = [(following.add(_FAR) - _FAR, end) for following, end in self._blocks]
        try:
            for first, end in begun:
                for index in range(first, 0):
                    self._sender.send((end + index, False, None))
        except ChannelClosed:
            pass  # Nobody waits for the results any more.

    def _finish(self, good: bool, value: Any) -> None:
        """One worker is done with a block, or the crew broke."""
        if not good:
            self._error = value
            self._sender.close()

    def _withdrawn(self) -> None:
        """One worker will not come to a block."""


def split(function: Callable[..., Any], items: list[tuple]) -> tuple[Parcel, list[tuple[Parcel, int]]] | None:
    """The packed function and blocks; None if the items are too few, too large, or cannot all be packed."""
    if len(items) < FEWEST:
        return None
    try:
        packed = pack(function)
        blocks = []
        for start in range(0, len(items), _BLOCK):
            block = items[start : start + _BLOCK]
            parcel = pack(block)
            if parcel.size > _LARGEST * len(block):
                return None
            blocks.append((parcel, len(block)))
    except Exception:
        return None
    return packed, blocks
