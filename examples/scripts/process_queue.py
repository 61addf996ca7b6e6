"""Five processes fill a queue, and the one that started them drains it."""

import multiprocessing


def measure(number, readings):
    for step in range(3):
        readings.put((number, step, number * 10 + step))


readings = multiprocessing.Queue()
processes = [multiprocessing.Process(target=measure, args=(number, readings)) for number in range(5)]
for process in processes:
    process.start()
received = sorted(readings.get() for _ in range(15))
for process in processes:
    process.join()

for number in range(5):
    print(f"process {number} sent", [value for sender, _, value in received if sender == number])
print("left in the queue:", readings.qsize())
