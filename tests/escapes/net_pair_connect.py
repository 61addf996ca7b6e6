"""Connecting one end of a pair."""
# refused with: PermissionError, TypeError

import socket
a, b = socket.socketpair()
a.connect(("127.0.0.1", port))
