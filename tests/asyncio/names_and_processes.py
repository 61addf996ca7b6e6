"""Name resolution through the default executor, connections, and subprocesses."""

import asyncio
import socket
import sys


async def test_getaddrinfo():
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)
    assert found[0][4] == ("127.0.0.1", 80)
    found = await loop.getaddrinfo("localhost", None, type=socket.SOCK_STREAM)
    assert {family for family, *_ in found} <= {socket.AF_INET, socket.AF_INET6}
    host, port = await loop.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    assert (host, port) == ("127.0.0.1", "80")


async def test_connection_by_name():
    async def echo(reader, writer):
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("localhost", port, family=socket.AF_INET)
    writer.write(b"hello\n")
    assert await reader.readline() == b"hello\n"
    writer.close()
    server.close()


async def test_subprocess():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "print(input() * 2)", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate(b"ab\n")
    assert (out, process.returncode) == (b"abab\n", 0)


for name, test in list(globals().items()):
    if name.startswith("test_"):
        asyncio.run(asyncio.wait_for(test(), timeout=60))
