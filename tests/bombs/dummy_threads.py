# ends: limit
import threading


def forever():
    while True:
        pass


threads = [threading.Thread(target=forever) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
