"""Connecting one end of a pair."""

import socket
a, b = socket.socketpair()
a.connect(("127.0.0.1", port))
