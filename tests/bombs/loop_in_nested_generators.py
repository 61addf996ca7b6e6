# ends: limit
def nest(depth):
    if depth:
        yield from nest(depth - 1)
    while True:
        yield depth


for _ in nest(50):
    pass
