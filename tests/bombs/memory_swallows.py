# ends: limit | lost | error MemoryError
grow = []
while True:
    try:
        while True:
            grow.append(bytes(10_000))
    except BaseException:
        pass
