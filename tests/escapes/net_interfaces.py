"""Listing the network interfaces."""

import socket
socket.if_nameindex()
