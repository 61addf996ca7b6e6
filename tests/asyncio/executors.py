"""run_in_executor(), to_thread(), and the default executor."""

import asyncio
import contextvars
import os
import time
import warnings
from concurrent.futures import InterpreterPoolExecutor, ProcessPoolExecutor, ThreadPoolExecutor

import ungil
import variables
from checks import raised

variable = contextvars.ContextVar("variable", default="nothing")


def where():
    return ungil.current().ident


def read_variable():
    return variable.get()


async def test_default_executor():
    loop = asyncio.get_running_loop()
    assert await loop.run_in_executor(None, pow, 2, 5) == 32
    assert await loop.run_in_executor(None, where) != where()
    assert await loop.run_in_executor(None, os.getpid) == os.getpid()


async def test_executors_of_all_kinds():
    loop = asyncio.get_running_loop()
    for executor_type in (ProcessPoolExecutor, InterpreterPoolExecutor, ThreadPoolExecutor):
        with executor_type(2) as executor:
            results = await asyncio.gather(*(loop.run_in_executor(executor, pow, n, 2) for n in range(20)))
            assert results == [n * n for n in range(20)]
            assert await asyncio.wrap_future(executor.submit(pow, 3, 2)) == 9


async def test_the_loop_goes_on_meanwhile():
    go = ungil.Event()
    waiting = asyncio.create_task(asyncio.to_thread(go.wait))
    ticks = 0
    while ticks < 10:
        await asyncio.sleep(0)
        ticks += 1
    assert not waiting.done()
    go.set()
    assert await waiting is True


async def test_an_idle_loop_is_woken():
    # Nothing else is to be done: the outcome itself ends the loop's wait for descriptors.
    assert await asyncio.wait_for(asyncio.to_thread(time.sleep, 0.05), timeout=60) is None


async def test_exceptions():
    async def fail():
        return await asyncio.to_thread(divmod, 1, 0)

    try:
        await fail()
    except ZeroDivisionError as error:
        assert "ZeroDivisionError" in str(error.__cause__), error.__cause__
    else:
        raise AssertionError("no exception")
    results = await asyncio.gather(asyncio.to_thread(pow, 2, 2), asyncio.to_thread(divmod, 1, 0), return_exceptions=True)
    assert results[0] == 4 and isinstance(results[1], ZeroDivisionError)


async def test_to_thread_passes_keywords():
    assert await asyncio.to_thread(int, "ff", base=16) == 255
    assert await asyncio.to_thread(lambda *args, **kwargs: (args, kwargs), 1, a=2) == ((1,), {"a": 2})


async def test_to_thread_passes_the_context():
    assert await asyncio.to_thread(variables.read) == ("nothing", None)
    variables.word.set("something")
    variables.numbers.set([1, 2])
    assert await asyncio.to_thread(variables.read) == ("something", [1, 2])
    ident, word = await asyncio.to_thread(variables.where_and_read)
    assert ident != where() and word == "something"


async def test_to_thread_passes_a_variable_of_the_script():
    variable.set("of the script")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        assert await asyncio.to_thread(read_variable) == "of the script"


async def test_state_stays_here_with_a_warning():
    seen = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        await asyncio.to_thread(seen.append, 1)
        await asyncio.to_thread(lambda: seen.append(2))
    assert seen == [1, 2]
    assert caught and {warning.category for warning in caught} == {RuntimeWarning}


async def test_cancelled_wait():
    go = ungil.Event()
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(1) as executor:
        running = loop.run_in_executor(executor, go.wait)
        waiting = loop.run_in_executor(executor, pow, 1, 1)
        await asyncio.sleep(0)
        waiting.cancel()
        try:
            await waiting
            raise AssertionError("not cancelled")
        except asyncio.CancelledError:
            pass
        go.set()
        assert await running is True


async def test_timeout():
    go = ungil.Event()
    try:
        async with asyncio.timeout(0.05):
            await asyncio.to_thread(go.wait)
        raise AssertionError("no timeout")
    except TimeoutError:
        pass
    go.set()


async def test_set_default_executor():
    loop = asyncio.get_running_loop()
    raised(TypeError, loop.set_default_executor, ProcessPoolExecutor(1))
    loop.set_default_executor(ThreadPoolExecutor(1, thread_name_prefix="own"))
    assert await loop.run_in_executor(None, lambda: ungil.current().name) == "own_0"
    await loop.shutdown_default_executor()
    try:
        await loop.run_in_executor(None, pow, 1, 1)
        raise AssertionError("it was shut down")
    except RuntimeError:
        pass


for name, test in list(globals().items()):
    if name.startswith("test_"):
        asyncio.run(test())
