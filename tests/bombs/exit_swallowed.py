# ends: limit
import sys

while True:
    try:
        sys.exit(1)
    except BaseException:
        pass
