"""TCP fast open by sendmsg."""

import socket
socket.socket().sendmsg([b"x"], [], 0x20000000, ("127.0.0.1", port))
