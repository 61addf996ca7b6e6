"""Resolving a name."""

import socket
socket.getaddrinfo("example.com", 80)
