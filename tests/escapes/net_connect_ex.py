"""Connecting by connect_ex."""

import socket
print(socket.socket().connect_ex(("127.0.0.1", port)))
