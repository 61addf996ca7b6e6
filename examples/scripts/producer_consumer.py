"""A producer and a consumer thread around a queue."""

import queue
import threading

DONE = None


def produce(orders):
    for number in range(1, 6):
        orders.put({"number": number, "items": list(range(number))})
    orders.put(DONE)


def consume(orders):
    while (order := orders.get()) is not DONE:
        print(f"order {order['number']}: {len(order['items'])} items")
    print("all orders are done")


orders = queue.Queue(maxsize=2)
threads = [threading.Thread(target=work, args=(orders,)) for work in (produce, consume)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
