"""Workers of an event loop share a queue of jobs; the computing is done in other interpreters."""

import asyncio


def collatz_steps(number):
    steps = 0
    while number != 1:
        number = number // 2 if number % 2 == 0 else 3 * number + 1
        steps += 1
    return steps


async def worker(jobs, results):
    while True:
        number = await jobs.get()
        results[number] = await asyncio.to_thread(collatz_steps, number)
        jobs.task_done()


async def main():
    jobs, results = asyncio.Queue(), {}
    workers = [asyncio.create_task(worker(jobs, results)) for _ in range(3)]
    for number in (27, 97, 871, 6171, 77031):
        jobs.put_nowait(number)
    await jobs.join()
    for task in workers:
        task.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    for number, steps in sorted(results.items()):
        print(f"{number}: {steps} steps")


asyncio.run(main())
