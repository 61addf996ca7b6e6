# ends: limit | lost | error MemoryError
import copy

data = [0]
while True:
    data = [copy.deepcopy(data), copy.deepcopy(data)]
