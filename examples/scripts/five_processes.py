"""Five processes that print their number. Each is an interpreter of its own; no main guard is needed."""

from multiprocessing import Process


def greet(number):
    print(f"I am process {number}")


processes = [Process(target=greet, args=(number,)) for number in range(1, 6)]
for process in processes:
    process.start()
for process in processes:
    process.join()
print("all have ended:", [process.exitcode for process in processes])
