"""Runs an awaitable to its end for a host that waits for the result."""

import asyncio


def run(awaitable):
    async def main():
        return await awaitable

    return asyncio.run(main())
