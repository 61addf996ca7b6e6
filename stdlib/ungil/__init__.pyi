from collections.abc import Iterator
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, final

__all__ = [
    "Cancelled",
    "ChannelClosed",
    "ChannelEmpty",
    "ChannelFull",
    "ConversionError",
    "HostError",
    "HostPanic",
    "Receiver",
    "Sender",
    "channel",
]

_T = TypeVar("_T")

class Cancelled(BaseException):
    """The script was cancelled from outside. Catch it to tidy up; it is raised again until the script has ended."""

class ConversionError(TypeError):
    """A value is not data that can cross; the message names the path to the part that is not."""

class HostError(RuntimeError):
    """A host function failed, and the host chose no other class for it."""

class HostPanic(RuntimeError):
    """A host function panicked."""

class ChannelClosed(Exception):
    """The channel is closed: nothing can be sent, or everything sent was received."""

class ChannelEmpty(Exception):
    """Nothing is there to be received now."""

class ChannelFull(Exception):
    """There is no room to send now."""

class _End:
    @property
    def closed(self) -> bool:
        """True once the channel was closed, or nobody holds one of its ends any more. Values may be left in it."""

    @property
    def capacity(self) -> int:
        """How many values the channel holds at most."""

    def close(self) -> None:
        """Closes the channel for everyone. What is in it can still be received; senders get ChannelClosed."""

    def __len__(self) -> int:
        """How many values wait in the channel now."""

    def __bool__(self) -> bool:
        """Always true, also when the channel is empty."""

    def __eq__(self, other: object) -> bool:
        """True if both are the same end of the same channel."""

    def __hash__(self) -> int: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Closes the channel."""

@final
class Sender(_End, Generic[_T]):
    """The sending end of a channel.

    Any number of objects, in any number of interpreters and in Rust, can be the same end; the receiver is told that the
    channel is closed when the last of them is gone.
    """

    def send(self, value: _T, /, timeout: float | None = None) -> None:
        """Sends a value, waiting for room as long as it takes, or for at most timeout seconds.

        Raises ChannelClosed, TimeoutError, or ConversionError for a value that does not cross; nothing is sent then.
        """

    def try_send(self, value: _T, /) -> None:
        """Sends a value if there is room now.

        Raises ChannelFull, ChannelClosed or ConversionError. With a capacity of 0 there is room while somebody waits in
        recv.
        """

@final
class Receiver(_End, Generic[_T]):
    """The receiving end of a channel.

    Any number of objects, in any number of interpreters and in Rust, can be the same end; each value goes to one of
    them. Iterating takes values until the channel is closed and empty.
    """

    def recv(self, timeout: float | None = None) -> _T:
        """Receives the next value, waiting for it as long as it takes, or for at most timeout seconds.

        Raises ChannelClosed once the channel is closed and empty, or TimeoutError.
        """

    def try_recv(self) -> _T:
        """Receives a value if one is there now. Raises ChannelEmpty, or ChannelClosed."""

    def __iter__(self) -> Iterator[_T]: ...
    def __next__(self) -> _T: ...

def channel(capacity: int = 64) -> tuple[Sender[Any], Receiver[Any]]:
    """Makes a channel that holds at most capacity values: a send that finds it full waits.

    With 0 it holds none, and each send waits until a receiver takes the value.
    """
