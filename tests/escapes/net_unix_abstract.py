"""Connecting to a socket without a place in the file system."""

import socket
socket.socket(socket.AF_UNIX).connect(abstract)
