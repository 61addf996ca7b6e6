"""A server on loopback for packages that fetch: it runs on an interpreter of its own, beside the job."""

import asyncio
import contextlib
import json
import queue
import socket
import ssl
import threading
from urllib.parse import parse_qs, urlsplit


class Server:
    """Answers each request with what was asked for, as JSON."""

    def __init__(self):
        self.tries = 0

    def status(self, path):
        if path == "/flaky":
            self.tries += 1
            return 200 if self.tries > 2 else 503
        return {"/echo": 200, "/moved": 302}.get(path, 404)

    async def connected(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while await self.answer(reader, writer):
                pass
        writer.close()

    async def answer(self, reader, writer):
        line, *fields = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip().split("\r\n")
        _, target, _ = line.split()
        headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        address = urlsplit(target)
        found = {"path": address.path, "query": parse_qs(address.query), "headers": headers, "body": body.decode("latin-1")}
        content = json.dumps(found).encode()
        head = f"HTTP/1.1 {self.status(address.path)} x\r\nLocation: /echo\r\nContent-Length: {len(content)}\r\n\r\n"
        writer.write(head.encode() + content)
        await writer.drain()
        return headers.get("connection") != "close"


async def serve(ports, tls):
    context = None
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain("tests/ssl/server.pem")
    server = await asyncio.start_server(Server().connected, "127.0.0.1", 0, ssl=context)
    over = asyncio.Event()
    # Who connects here ends it.
    end = await asyncio.start_server(lambda _reader, writer: (writer.close(), over.set()), "127.0.0.1", 0)
    ports.put([listening.sockets[0].getsockname()[1] for listening in (server, end)])
    await over.wait()


def run(ports, tls):
    asyncio.run(serve(ports, tls))


@contextlib.contextmanager
def serving(tls=False):
    """The address of a server that runs as long as the block."""
    ports = queue.Queue()
    thread = threading.Thread(target=run, args=(ports, tls))
    thread.start()
    port, end = ports.get()
    try:
        yield f"http{'s' if tls else ''}://localhost:{port}"
    finally:
        socket.create_connection(("127.0.0.1", end)).close()
        thread.join()
