"""Resolving a name by gethostbyname."""

import socket
socket.gethostbyname("example.com")
