"""Connecting by connect_ex."""

import socket
if socket.socket().connect_ex(("127.0.0.1", port)) in (1, 13):
    raise PermissionError("answered by a number")
