# ends: limit | lost | error MemoryError
grow = []
while True:
    grow.append(bytes(1000))
