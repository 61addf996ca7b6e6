# ends: limit
import gc

gc.disable()
while True:
    a = [bytes(100)]
    a.append(a)
