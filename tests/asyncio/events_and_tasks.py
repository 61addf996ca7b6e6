"""Events, locks and tasks in an event loop."""

import asyncio

import ungil
from ungil import aio


async def test_event():
    event = ungil.Event()
    waiting = [asyncio.create_task(aio.wait(event)) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    ungil.spawn(event.set)
    assert await asyncio.gather(*waiting) == [True, True, True]
    assert await event.wait_async() is True


async def test_task():
    task = ungil.spawn(pow, 2, 7)
    assert await task == 128
    assert await task == 128, "once more"
    assert task.result() == 128


async def test_tasks_at_once():
    async def one(n):
        return await ungil.spawn(lambda n: n * n, n)

    assert await asyncio.gather(*(one(n) for n in range(5))) == [0, 1, 4, 9, 16]
    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(one(n)) for n in range(3)]
    assert [task.result() for task in waiting] == [0, 1, 4]


async def test_task_that_raises():
    try:
        await ungil.spawn(divmod, 1, 0)
        raise AssertionError("no exception")
    except ZeroDivisionError as error:
        assert "ZeroDivisionError" in str(error.__cause__)


async def test_task_that_is_cancelled():
    started = ungil.Event()
    task = ungil.spawn(spin, started)
    await started.wait_async()
    assert task.cancel()
    try:
        await task
        raise AssertionError("it was cancelled")
    except ungil.TaskCancelled:
        pass


def spin(started):
    started.set()
    while True:
        pass


async def test_a_cancelled_wait_leaves_the_task_running():
    go = ungil.Event()
    task = ungil.spawn(go.wait)
    try:
        async with asyncio.timeout(0.01):
            await task
        raise AssertionError("no timeout")
    except TimeoutError:
        pass
    assert not task.done()
    go.set()
    assert await task is True


async def test_pool():
    with ungil.Pool(2) as pool:
        assert await pool.submit(pow, 2, 5) == 32
        assert await asyncio.gather(*(pool.submit(pow, n, 2) for n in range(10))) == [n * n for n in range(10)]


async def test_select_ready():
    sender, receiver = ungil.channel()
    waiting = asyncio.create_task(aio.ready(receiver))
    await asyncio.sleep(0)
    assert not waiting.done()
    sender.send(1)
    await waiting
    assert receiver.recv() == 1


for name, test in list(globals().items()):
    if name.startswith("test_"):
        asyncio.run(asyncio.wait_for(test(), timeout=60))
