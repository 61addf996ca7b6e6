"""Connecting to an IPv4 address in the form of IPv6."""

import socket
socket.socket(socket.AF_INET6).connect(("::ffff:127.0.0.1", port))
