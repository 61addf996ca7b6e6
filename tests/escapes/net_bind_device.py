"""Binding a socket to a device."""
# only: kernel

import socket
socket.socket().setsockopt(socket.SOL_SOCKET, 25, b"lo")
