# ends: limit
class Undead:
    def __del__(self):
        Undead()


while True:
    Undead()
