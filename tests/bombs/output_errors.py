# ends: limit
import sys

while True:
    try:
        print('flood' * 100, file=sys.stderr)
    except BaseException:
        pass
