from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Generic, NamedTuple, ParamSpec, Self, TypeVar, final

from ungil import aio as aio

__all__ = [
    "Barrier",
    "Cancelled",
    "ChannelClosed",
    "ChannelEmpty",
    "ChannelFull",
    "Condition",
    "ConversionError",
    "DeadlineExceeded",
    "LimitExceeded",
    "Counter",
    "Current",
    "Event",
    "HostError",
    "HostPanic",
    "Lock",
    "NotShareableError",
    "Parcel",
    "Pool",
    "PoolBroken",
    "PoolFuture",
    "RLock",
    "Receiver",
    "Semaphore",
    "Sender",
    "SharedBuffer",
    "SharedStateError",
    "Task",
    "TaskCancelled",
    "TaskEnded",
    "TaskExited",
    "TaskLost",
    "aio",
    "channel",
    "copied",
    "current",
    "pack",
    "select",
    "spawn",
    "unbounded_channel",
]

_T = TypeVar("_T")
_P = ParamSpec("_P")

class Cancelled(BaseException):
    """The script was cancelled from outside. Catch it to tidy up; it is raised again until the script has ended."""

class LimitExceeded(BaseException):
    """The script has used more than the host lets it. It is raised again until the script has ended."""

class DeadlineExceeded(LimitExceeded):
    """The script has used the time that the host lets it have. It is raised again until the script has ended."""

class ConversionError(TypeError):
    """A value cannot be passed between Python and the host; the message names the path to the part that is not data."""

class NotShareableError(TypeError):
    """An object cannot be passed to another interpreter; the message names the path to the part that cannot."""

class SharedStateError(RuntimeError):
    """A thread or a task would change a copy of what it is meant to share."""

class TaskEnded(RuntimeError):
    """A task ended without returning or raising."""

class TaskCancelled(TaskEnded):
    """The task was cancelled."""

class TaskExited(TaskEnded):
    """The task ended itself with sys.exit() or os._exit()."""

    code: Any
    """The status that it gave."""

class TaskLost(TaskEnded):
    """The interpreter of the task does not answer any more."""

class PoolBroken(RuntimeError):
    """A worker of the pool ended before its time, or its initializer failed."""

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
    def capacity(self) -> int | None:
        """How many values the channel holds at most; None if there is no limit."""

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

        Raises ChannelClosed, TimeoutError, or NotShareableError for a value that does not cross; nothing is sent then.
        """

    def try_send(self, value: _T, /) -> None:
        """Sends a value if there is room now.

        Raises ChannelFull, ChannelClosed or NotShareableError. With a capacity of 0 there is room while somebody waits in
        recv.
        """

    def send_async(self, value: _T, /) -> Awaitable[None]:
        """Sends a value, waiting for room in an event loop."""

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

    def recv_async(self) -> Awaitable[_T]:
        """Receives the next value, waiting for it in an event loop. A wait that is cancelled loses no value."""

    def __iter__(self) -> Iterator[_T]: ...
    def __next__(self) -> _T: ...
    def __aiter__(self) -> AsyncIterator[_T]: ...

def channel(capacity: int = 64) -> tuple[Sender[Any], Receiver[Any]]:
    """Makes a channel that holds at most capacity values: a send that finds it full waits.

    With 0 it holds none, and each send waits until a receiver takes the value.
    """

def unbounded_channel() -> tuple[Sender[Any], Receiver[Any]]:
    """Makes a channel that holds any number of values: a send never waits."""

class _Lock:
    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Locks it, waiting until that is possible, or for at most timeout seconds. Returns whether it was locked."""

    def release(self) -> None:
        """Unlocks it."""

    def locked(self) -> bool:
        """True if it is locked, by whomever."""

    def acquire_async(self) -> Awaitable[bool]:
        """Locks it, waiting in an event loop."""

    def __enter__(self) -> bool: ...
    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...

@final
class Lock(_Lock):
    """A lock that several interpreters can share. Anyone may release it, and it is released if its holder ends."""

@final
class RLock(_Lock):
    """A lock that the interpreter that holds it may acquire again."""

class Semaphore:
    """A number of permits: acquire takes one, waiting for it, and release gives some back.

    One with a maximum cannot get more than that, and gets those back that an interpreter held when it ended.
    """

    def __init__(self, value: int = 1, maximum: int | None = None) -> None: ...
    @property
    def value(self) -> int:
        """How many permits are there to take now."""

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Takes a permit, waiting for one, or for at most timeout seconds. Returns whether it got one."""

    def release(self, n: int = 1) -> None:
        """Gives back n permits."""

    def locked(self) -> bool:
        """True if no permit is there to take now."""

    def acquire_async(self) -> Awaitable[bool]:
        """Takes a permit, waiting in an event loop."""

    def __enter__(self) -> bool: ...
    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...

class Event:
    """A flag that several interpreters share and wait for."""

    def is_set(self) -> bool:
        """True if the flag is set."""

    def set(self) -> None:
        """Sets the flag: all who wait for it go on."""

    def clear(self) -> None:
        """Unsets the flag."""

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until the flag is set, or for at most timeout seconds. False if it was not set in time."""

    def wait_async(self) -> Awaitable[bool]:
        """Waits in an event loop."""

class Condition:
    """A lock, and those who wait for a notification while it is unlocked; as `threading.Condition`, but shared."""

    def __init__(self, lock: Lock | RLock | None = None) -> None: ...
    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Locks the lock."""

    def release(self) -> None:
        """Unlocks the lock."""

    def wait(self, timeout: float | None = None) -> bool:
        """Unlocks the lock, waits for a notification, and locks the lock again. False if none came in time."""

    def wait_for(self, predicate: Callable[[], _T], timeout: float | None = None) -> _T:
        """Waits until predicate() is true, looking after each notification."""

    def notify(self, n: int = 1) -> None:
        """Lets n of those who wait go on."""

    def notify_all(self) -> None:
        """Lets all who wait go on."""

    def __enter__(self) -> bool: ...
    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...

class Barrier:
    """A place where a number of interpreters wait for each other."""

    def __init__(self, parties: int) -> None: ...
    def wait(self, timeout: float | None = None) -> int:
        """Waits until all parties have come; each gets a number of its own."""

@final
class Counter:
    """A number that several interpreters can change at once. Each operation is done as a whole, without a lock."""

    def __init__(self, value: int = 0) -> None: ...
    def get(self) -> int:
        """The number as it is now."""

    def set(self, value: int, /) -> None:
        """Makes it another number."""

    def add(self, n: int = 1, /) -> int:
        """Adds n, and returns the sum."""

    def sub(self, n: int = 1, /) -> int:
        """Subtracts n, and returns the difference."""

@final
class SharedBuffer:
    """Memory that several interpreters see at once, without a copy. It has the buffer protocol.

    Any number may read it. Who can write is alone, unless they hold parts that split() made: BufferError otherwise.
    """

    def __init__(self, size_or_bytes: int | bytes | bytearray | memoryview, /) -> None: ...
    def split(self, n: int, /) -> list[SharedBuffer]:
        """n parts of about the same size, which different interpreters can write at the same time."""

    def view(self) -> memoryview:
        """A view to read and write through."""

    def __len__(self) -> int: ...

@final
class Parcel:
    """A packed object. It crosses to other interpreters by reference, and can be opened any number of times."""

    @property
    def size(self) -> int:
        """How many bytes of memory it takes, about."""

    def open(self) -> Any:
        """Makes the object anew, a copy of its own for each call."""

def pack(obj: object, /) -> Parcel:
    """Packs an object and all that it refers to. Raises NotShareableError."""

def select(waitables: Iterable[_T], timeout: float | None = None) -> list[_T]:
    """Waits until at least one is ready, and returns those that are; an empty list after timeout seconds.

    A receiver is ready when something can be received or its channel is closed, a sender when there is room, an event when
    it is set, a task when it has ended, and an object with fileno() when it can be read.
    """

class copied(Generic[_T]):
    """An argument of which a copy is to be carried to where the function runs: that is meant, and is no mistake."""

    value: _T
    def __init__(self, value: _T) -> None: ...

@final
class Task(Generic[_T]):
    """A function that runs in an interpreter of its own. Other interpreters can be sent it and wait for it too."""

    @property
    def name(self) -> str:
        """Its name, which the interpreter has too."""

    @property
    def ident(self) -> int:
        """The number of its interpreter."""

    def done(self) -> bool:
        """True once it has ended, in whatever way."""

    def cancelled(self) -> bool:
        """True if it ended because it was cancelled."""

    def cancel(self) -> bool:
        """Stops it wherever it is: it sees Cancelled. False if it has ended already."""

    def join(self, timeout: float | None = None) -> bool:
        """Waits until it has ended; False if it has not in timeout seconds."""

    def result(self, timeout: float | None = None) -> _T:
        """What the function returned, waiting for it for at most timeout seconds.

        Raises what the function raised, with the traceback from there as its cause; TimeoutError; TaskCancelled,
        TaskExited or TaskLost if it ended otherwise.
        """

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """What the function raised, or None if it returned."""

    def add_done_callback(self, function: Callable[[Task[_T]], object]) -> None:
        """Has function(task) called when the task has ended, at a safe point of what this interpreter is doing."""

    def __await__(self) -> Generator[Any, Any, _T]: ...

def spawn(function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Task[_T]:
    """Calls function(*args, **kwargs) in a new interpreter, at once and in parallel.

    What is passed is copied, except for what is made to be shared: ends of channels, locks, events, counters, buffers,
    tasks. A script does not end before what it spawned has ended.
    """

class PoolFuture(Future[_T]):
    """What becomes of a call in a pool: a `concurrent.futures.Future` that can be awaited."""

    def __await__(self) -> Generator[Any, Any, _T]: ...

class Pool:
    """Interpreters that share the work of many calls.

    They are started when they are needed, and each calls initializer(*initargs) first. Leaving the `with` block waits for
    what was submitted; leaving it by an exception ends the workers at once.
    """

    def __init__(
        self,
        size: int | None = None,
        *,
        name: str = "pool",
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        max_tasks_per_worker: int | None = None,
    ) -> None: ...
    @property
    def size(self) -> int:
        """How many workers it has at most."""

    def submit(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> PoolFuture[_T]:
        """Has a worker call function(*args, **kwargs)."""

    def map(
        self,
        function: Callable[..., _T],
        *iterables: Iterable[Any],
        chunksize: int | None = None,
        timeout: float | None = None,
        progress: bool = False,
    ) -> list[_T]:
        """The results of function(*items) for the items of the iterables, in order.

        Items travel in chunks of chunksize; if that is not given, in chunks that take about two milliseconds. The items of
        a chunk run one after another. With progress, a bar on the terminal shows how far it is.
        """

    def imap(
        self,
        function: Callable[..., _T],
        *iterables: Iterable[Any],
        chunksize: int | None = None,
        timeout: float | None = None,
        progress: bool = False,
    ) -> Iterator[_T]:
        """As map, but an iterator, which gives a result as soon as it and those before it are there."""

    def map_unordered(
        self,
        function: Callable[..., _T],
        *iterables: Iterable[Any],
        chunksize: int | None = None,
        timeout: float | None = None,
        progress: bool = False,
    ) -> Iterator[_T]:
        """As imap, but in the order in which results arrive."""

    def broadcast(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> list[_T]:
        """Calls function(*args, **kwargs) once in each of the pool's workers, and returns the results."""

    def close(self) -> None:
        """Takes no more calls; workers end when those submitted are done."""

    def join(self, timeout: float | None = None) -> bool:
        """Waits for the workers to end, after close() or terminate(); False if they have not in timeout seconds."""

    def terminate(self) -> None:
        """Ends the workers at once. Calls that have not ended fail with PoolBroken."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...

class Current(NamedTuple):
    """What an interpreter knows of itself."""

    ident: int
    """Its number, which no other interpreter of the process has or will have."""
    name: str
    """Its name; that of a task is its function's."""
    kind: str
    """How it came to be: "root" (for the command or the host program), "process", "thread", "task" or "isolate"."""
    pid: int
    """What os.getpid() gives; of a process that multiprocessing started, a number of its own."""
    parent_pid: int | None
    """Of a process that multiprocessing started, the pid of the one that started it; otherwise None."""
    task: Task[Any] | None
    """Itself, as the one that started it sees it."""

def current() -> Current:
    """The interpreter that runs this code."""
