# ends: limit | lost | error MemoryError
kept = []
while True:
    kept.append(type('T', (), {}))
