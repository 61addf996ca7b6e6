"""Sending to a path from one end of a pair."""

import socket
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
a.sendto(b"x", outside + "/datagrams")
