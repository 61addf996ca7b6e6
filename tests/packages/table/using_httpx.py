"""Fetches with a blocking and an asynchronous client, over HTTP and HTTPS."""
# packages: httpx==0.28.1 anyio==4.16.0 certifi==2026.10.18 h11==0.16.0 httpcore==1.0.9 idna==3.20 typing_extensions==4.16.0

import asyncio
import ssl

import httpx
from serving import serving


async def many(address, context):
    async with httpx.AsyncClient(verify=context, timeout=60) as client:
        answers = await asyncio.gather(*(client.get(f"{address}/echo", params={"n": n}) for n in range(20)))
    return [answer.json()["query"]["n"] for answer in answers]


with serving() as http, serving(tls=True) as https:
    context = ssl.create_default_context(cafile="tests/ssl/authority.pem")
    with httpx.Client(follow_redirects=True, verify=context, timeout=60) as client:
        assert client.get(f"{http}/moved").json()["path"] == "/echo"
        assert client.put(f"{https}/echo", json=[1]).json()["body"] == "[1]"
        assert client.get(f"{http}/lost").is_client_error
    for address in (http, https):
        assert asyncio.run(many(address, context)) == [[str(n)] for n in range(20)]
