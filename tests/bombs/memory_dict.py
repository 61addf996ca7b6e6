# ends: limit | lost | error MemoryError
grow = {}
while True:
    grow[len(grow)] = str(len(grow))
