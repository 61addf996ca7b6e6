"""What scripts can do that Python alone cannot: channels between interpreters and to the host.

    import ungil

    sender, receiver = ungil.channel(16)
    sender.send({"order": 7, "lines": [1, 2, 3]})
    order = receiver.recv(timeout=1.0)

Either end can be sent through another channel, given to a host function or returned to Rust; it stays the same end.
Values cross as data: None, bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, the types of
datetime, and ends of channels. Anything else raises ConversionError, which names the path to it, and nothing is sent.

A wait in send, recv or a loop over a receiver ends at once when the script is cancelled or gets a signal.
"""

from _ungil import (
    Cancelled,
    ChannelClosed,
    ChannelEmpty,
    ChannelFull,
    ConversionError,
    DeadlineExceeded,
    HostError,
    HostPanic,
    LimitExceeded,
    Receiver,
    Sender,
    channel,
)

__all__ = [
    "Cancelled",
    "ChannelClosed",
    "ChannelEmpty",
    "ChannelFull",
    "ConversionError",
    "DeadlineExceeded",
    "HostError",
    "HostPanic",
    "LimitExceeded",
    "Receiver",
    "Sender",
    "channel",
]
