# ends: limit
import weakref


class Thing:
    pass


def forever(_):
    while True:
        pass


while True:
    thing = Thing()
    watch = weakref.ref(thing, forever)
    del thing
