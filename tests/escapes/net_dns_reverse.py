"""Resolving an address."""
# refused with: PermissionError, herror

import socket
socket.gethostbyaddr("127.0.0.1")
