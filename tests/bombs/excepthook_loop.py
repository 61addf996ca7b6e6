# ends: error ValueError
import sys


def hook(*exception):
    while True:
        pass


sys.excepthook = hook
sys.unraisablehook = hook
raise ValueError
