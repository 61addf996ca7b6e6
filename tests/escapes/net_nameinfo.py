"""Resolving an address by getnameinfo."""

import socket
socket.getnameinfo(("127.0.0.1", 80), 0)
