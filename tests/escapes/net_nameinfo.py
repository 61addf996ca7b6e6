"""Resolving an address by getnameinfo."""
# refused with: PermissionError, gaierror

import socket
socket.getnameinfo(("127.0.0.1", 80), 0)
