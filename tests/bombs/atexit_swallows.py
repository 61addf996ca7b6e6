# ends: ok
import atexit


@atexit.register
def forever():
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
