"""Changing a native class for those who come later."""
# refused with: TypeError
# only: interpreter

import _socket
_socket.socket.connect = lambda *args: None
