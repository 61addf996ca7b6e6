"""TLS over blocking sockets: a server on one interpreter, its clients on another."""

import queue
import socket
import ssl
import threading
from pathlib import Path

FOLDER = Path("tests/ssl")


def serve(ports, certificate, connections):
    """Answers each connection with what it sent, in capitals; a client that gives up in the handshake is counted, too."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ports.put(listener.getsockname()[1])
        for _ in range(connections):
            accepted, _address = listener.accept()
            try:
                with context.wrap_socket(accepted, server_side=True) as connection:
                    while data := connection.recv(65536):
                        connection.sendall(data.upper())
            except OSError:
                pass


def served(certificate, connections):
    ports = queue.Queue()
    thread = threading.Thread(target=serve, args=(ports, str(FOLDER / certificate), connections))
    thread.start()
    return thread, ports.get()


def connect(context, port, name="localhost"):
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname=name)


def exchange(connection, data):
    connection.sendall(data)
    received = b""
    while len(received) < len(data):
        received += connection.recv(65536)
    return received


def refused(context, port, name="localhost"):
    try:
        connect(context, port, name)
    except ssl.SSLCertVerificationError as error:
        return error
    raise AssertionError("the certificate was accepted")


# A certificate that a known authority has signed.
trusting = ssl.create_default_context(cafile=FOLDER / "authority.pem")
thread, port = served("server.pem", 4)
with connect(trusting, port) as connection:
    assert connection.version() in ("TLSv1.2", "TLSv1.3"), connection.version()
    assert connection.cipher()[2] >= 128
    assert dict(connection.getpeercert()["subject"][0])["commonName"] == "localhost"
    assert exchange(connection, b"hello") == b"HELLO"
    assert len(exchange(connection, b"x" * 200_000)) == 200_000
with connect(trusting, port, "127.0.0.1") as connection:
    assert exchange(connection, b"by address") == b"BY ADDRESS"
# One for another name.
refused(trusting, port, "example.org")
# And without an authority.
refused(ssl.create_default_context(), port)
thread.join()

# One that vouches for itself is accepted by those who name it, or who do not ask.
thread, port = served("self_signed.pem", 3)
refused(trusting, port)
naming = ssl.create_default_context(cafile=str(FOLDER / "self_signed.pem"))
with connect(naming, port) as connection:
    assert exchange(connection, b"named") == b"NAMED"
careless = ssl.create_default_context()
careless.check_hostname = False
careless.verify_mode = ssl.CERT_NONE
with connect(careless, port) as connection:
    assert exchange(connection, b"unasked") == b"UNASKED"
thread.join()
