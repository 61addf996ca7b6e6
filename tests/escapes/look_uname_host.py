"""Asking for the name of the machine."""
# only: interpreter

import socket
socket.gethostname()
