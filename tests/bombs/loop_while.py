# ends: limit
while True:
    pass
