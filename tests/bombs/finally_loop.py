# ends: limit
try:
    while True:
        pass
finally:
    while True:
        pass
