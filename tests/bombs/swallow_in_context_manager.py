# ends: limit
class Swallow:
    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return True


while True:
    with Swallow():
        while True:
            pass
