# ends: limit
class Lazy:
    def __getattr__(self, name):
        while True:
            pass


Lazy().x
