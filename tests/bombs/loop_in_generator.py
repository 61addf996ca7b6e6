# ends: limit
def numbers():
    while True:
        yield 0


sum(n for n in numbers() if n)
