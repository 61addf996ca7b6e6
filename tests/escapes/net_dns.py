"""Resolving a name."""
# refused with: PermissionError, gaierror

import socket
socket.getaddrinfo("example.com", 80)
