"""Starting a server by asyncio."""

import asyncio
async def main():
    await asyncio.start_server(print, "127.0.0.1", 0)
asyncio.run(main())
