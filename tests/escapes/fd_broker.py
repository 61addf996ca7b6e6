"""Using the end of the sandbox in an own way."""
# only: kernel
# refused with: PermissionError, OSError

import socket, os, array
sent = 0
for number in range(3, 20):
    try:
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM, fileno=os.dup(number))
        s.sendmsg([b"connect"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0]))])
        sent += 1
    except OSError:
        pass
socket.socket().connect(("127.0.0.1", port))
