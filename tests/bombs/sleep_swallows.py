# ends: limit
import time

while True:
    try:
        time.sleep(600)
    except BaseException:
        pass
