"""Connecting by the method of the base class of socket."""

import socket
super(socket.socket, socket.socket()).connect(("127.0.0.1", port))
