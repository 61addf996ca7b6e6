"""TLS in asyncio: a server and fifty clients in one event loop."""

import asyncio
import ssl


async def answer(reader, writer):
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()


async def ask(port, context, text):
    reader, writer = await asyncio.open_connection("localhost", port, ssl=context)
    writer.write(text.encode() + b"\n")
    line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return line.decode().strip()


async def main():
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain("tests/ssl/server.pem")
    trusting = ssl.create_default_context(cafile="tests/ssl/authority.pem")
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=serving)
    port = server.sockets[0].getsockname()[1]
    async with server:
        answers = await asyncio.gather(*(ask(port, trusting, f"number {n}") for n in range(50)))
        assert answers == [f"NUMBER {n}" for n in range(50)], answers
        try:
            await ask(port, ssl.create_default_context(), "x")
        except ssl.SSLCertVerificationError:
            pass
        else:
            raise AssertionError("an unknown authority was trusted")


asyncio.run(main())
