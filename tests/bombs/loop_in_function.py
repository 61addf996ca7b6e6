# ends: limit
def spin(n):
    while True:
        n = n + 1 - 1


spin(3)
