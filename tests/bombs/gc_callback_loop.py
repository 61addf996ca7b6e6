# ends: limit
import gc


def forever(phase, info):
    while True:
        pass


gc.callbacks.append(forever)
while True:
    gc.collect()
