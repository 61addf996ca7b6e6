"""Tells which library of coroutines runs."""
# packages: sniffio==1.3.1

import asyncio

import sniffio


async def which():
    return sniffio.current_async_library()


assert asyncio.run(which()) == "asyncio"
