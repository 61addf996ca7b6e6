# ends: limit | lost
# A collection of all that it has made cannot be interrupted.
import gc

gc.disable()
while True:
    a = [bytes(100)]
    a.append(a)
