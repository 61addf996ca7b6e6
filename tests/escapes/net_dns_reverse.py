"""Resolving an address."""

import socket
socket.gethostbyaddr("127.0.0.1")
