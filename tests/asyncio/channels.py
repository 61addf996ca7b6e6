"""Channels in an event loop."""

import asyncio

import ungil
from ungil import aio


async def collected(receiver):
    return [value async for value in receiver]


async def test_recv():
    sender, receiver = ungil.channel()
    sender.send(1)
    assert await receiver.recv_async() == 1
    waiting = asyncio.create_task(aio.recv(receiver))
    await asyncio.sleep(0)
    assert not waiting.done()
    sender.send(2)
    assert await waiting == 2


async def test_from_another_interpreter():
    sender, receiver = ungil.channel(2)
    task = ungil.spawn(lambda sender: [sender.send(n) for n in range(100)], sender)
    del sender
    assert [await receiver.recv_async() for _ in range(100)] == list(range(100))
    await task


async def test_iteration_ends_when_it_is_closed():
    sender, receiver = ungil.channel()
    collecting = asyncio.create_task(collected(receiver))
    for n in range(10):
        await sender.send_async(n)
    sender.close()
    assert await collecting == list(range(10))
    try:
        await receiver.recv_async()
        raise AssertionError("it is closed")
    except ungil.ChannelClosed:
        pass


async def test_send_waits_for_room():
    sender, receiver = ungil.channel(1)
    await sender.send_async(1)
    sending = asyncio.create_task(aio.send(sender, 2))
    await asyncio.sleep(0.01)
    assert not sending.done()
    assert await receiver.recv_async() == 1
    await sending
    assert await receiver.recv_async() == 2


async def test_to_another_interpreter():
    there, requests = ungil.channel(1)
    answers, back = ungil.channel(1)

    def serve(requests, answers):
        for request in requests:
            answers.send(request * 2)

    task = ungil.spawn(serve, requests, answers)
    del requests, answers

    async def ask():
        for n in range(50):
            await there.send_async(n)
        there.close()

    asking = asyncio.create_task(ask())
    assert await collected(back) == [n * 2 for n in range(50)]
    await asking
    await task


async def test_a_cancelled_wait_loses_no_value():
    sender, receiver = ungil.channel()
    waiting = asyncio.create_task(aio.recv(receiver))
    await asyncio.sleep(0)
    # The value is there when the wait is cancelled, and the wait has not gone on yet.
    sender.send("kept")
    waiting.cancel()
    try:
        await waiting
        raise AssertionError("it was cancelled")
    except asyncio.CancelledError:
        pass
    assert await receiver.recv_async() == "kept"


async def test_timeouts_lose_no_value():
    sender, receiver = ungil.unbounded_channel()
    task = ungil.spawn(lambda sender: [sender.send(n) for n in range(300)], sender)
    del sender
    got = []
    while True:
        try:
            async with asyncio.timeout(0.0005):
                got.append(await receiver.recv_async())
        except TimeoutError:
            pass
        except ungil.ChannelClosed:
            break
    assert got == list(range(300))
    await task


async def test_several_waiters():
    sender, receiver = ungil.channel()
    waiting = [asyncio.create_task(aio.recv(receiver)) for _ in range(5)]
    await asyncio.sleep(0)
    for n in range(5):
        sender.send(n)
    assert sorted(await asyncio.gather(*waiting)) == list(range(5))


async def test_gather_over_tasks_and_channels():
    sender, receiver = ungil.channel()
    tasks = [ungil.spawn(lambda n, sender: sender.send(n) or n, n, sender) for n in range(4)]
    values, *results = await asyncio.gather(first(receiver, 4), *(aio.result(task) for task in tasks))
    assert sorted(values) == results == [0, 1, 2, 3]


async def first(receiver, count):
    return [await receiver.recv_async() for _ in range(count)]


for name, test in list(globals().items()):
    if name.startswith("test_"):
        asyncio.run(asyncio.wait_for(test(), timeout=60))
