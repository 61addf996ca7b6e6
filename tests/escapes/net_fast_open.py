"""TCP fast open by sendto."""

import socket
socket.socket().sendto(b"x", 0x20000000, ("127.0.0.1", port))
