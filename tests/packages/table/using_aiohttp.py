"""Serves, and gathers two hundred requests, over HTTP and HTTPS."""
# packages: aiohttp==3.14.5 aiohappyeyeballs==2.7.1 aiosignal==1.4.0 attrs==26.1.0 frozenlist==1.8.0 idna==3.20 multidict==7.2.1 propcache==0.5.4 typing_extensions==4.16.0 yarl==1.25.1

import asyncio
import ssl

import aiohttp
from aiohttp import web


async def square(request):
    body = await request.json()
    return web.json_response({"square": body["n"] ** 2, "name": request.match_info["name"]})


async def talk(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data[::-1])
    return socket


async def ask(session, address, n):
    async with session.post(f"{address}/square/n{n}", json={"n": n}) as response:
        assert response.status == 200
        return await response.json()


async def run(serving, trusting):
    app = web.Application()
    app.add_routes([web.post("/square/{name}", square), web.get("/talk", talk)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=serving)
    await site.start()
    address = f"http{'s' if serving else ''}://localhost:{runner.addresses[0][1]}"
    connector = aiohttp.TCPConnector(ssl=trusting) if trusting else None
    async with aiohttp.ClientSession(connector=connector) as session:
        answers = await asyncio.gather(*(ask(session, address, n) for n in range(200)))
        assert answers == [{"square": n * n, "name": f"n{n}"} for n in range(200)]
        async with session.get(f"{address}/lost") as response:
            assert response.status == 404
        async with session.ws_connect(f"{address}/talk") as socket:
            await socket.send_str("abc")
            assert (await socket.receive()).data == "cba"
    await runner.cleanup()


serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
serving.load_cert_chain("tests/ssl/server.pem")
asyncio.run(run(None, None))
asyncio.run(run(serving, ssl.create_default_context(cafile="tests/ssl/authority.pem")))
