"""Connecting by the native class itself."""

import _socket
s = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
_socket.socket.connect(s, ("127.0.0.1", port))
