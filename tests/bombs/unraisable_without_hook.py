# ends: ok
import sys


class Dies:
    def __del__(self):
        raise ValueError


del sys.unraisablehook
Dies()
