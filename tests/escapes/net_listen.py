"""Listening without a bind."""

import socket
socket.socket().listen()
