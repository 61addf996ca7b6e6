"""Resolving a name by gethostbyname."""
# refused with: PermissionError, gaierror

import socket
socket.gethostbyname("example.com")
