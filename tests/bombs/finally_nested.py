# ends: limit
def deeper(n):
    try:
        while True:
            pass
    finally:
        deeper(n + 1)


deeper(0)
