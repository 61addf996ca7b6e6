# ends: limit
import ungil

while True:
    try:
        while True:
            pass
    except ungil.DeadlineExceeded:
        continue
