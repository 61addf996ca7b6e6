"""Runs tasks in groups, with a limit of time and a channel of memory objects."""
# packages: anyio==4.16.0 idna==3.20 typing_extensions==4.16.0

import anyio


async def main():
    send, receive = anyio.create_memory_object_stream(2)

    async def produce():
        async with send:
            for n in range(10):
                await send.send(n)

    got = []
    async with anyio.create_task_group() as group:
        group.start_soon(produce)
        async with receive:
            async for n in receive:
                got.append(n)
    assert got == list(range(10))
    with anyio.move_on_after(0.01) as scope:
        await anyio.sleep(60)
    assert scope.cancelled_caught
    assert await anyio.to_thread.run_sync(sum, (1, 2, 3)) == 6


anyio.run(main)
