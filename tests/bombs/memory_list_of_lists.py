# ends: limit | lost | error MemoryError
grow = []
while True:
    grow = [grow, []] + [[] for _ in range(100)]
