"""Receiving a descriptor over a pair."""
# only: kernel
# refused with: OSError

import socket, array
a, b = socket.socketpair()
a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [host_descriptor]))])
