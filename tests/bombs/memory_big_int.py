# ends: limit | lost | error MemoryError
n = 3
while True:
    n = n * n
