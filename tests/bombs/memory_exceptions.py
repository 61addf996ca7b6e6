# ends: limit | lost | error MemoryError
kept = []


def fail(n):
    try:
        fail(n + 1) if n < 50 else 1 / 0
    except Exception as e:
        kept.append(e)
        raise


while True:
    try:
        fail(0)
    except Exception:
        pass
