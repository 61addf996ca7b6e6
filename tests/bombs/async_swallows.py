# ends: limit
import asyncio


async def main():
    while True:
        try:
            await asyncio.sleep(600)
        except BaseException:
            pass


while True:
    try:
        asyncio.run(main())
    except BaseException:
        pass
