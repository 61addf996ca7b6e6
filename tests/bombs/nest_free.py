# ends: ok | limit | lost
deep = []
for _ in range(300_000):
    deep = [deep]
del deep
