# ends: limit
def stubborn():
    while True:
        try:
            yield
        except BaseException:
            pass


while True:
    try:
        for _ in stubborn():
            pass
    except BaseException:
        pass
