# ends: limit
class Endless:
    while True:
        pass
