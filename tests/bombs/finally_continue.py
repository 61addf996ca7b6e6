# ends: limit
while True:
    try:
        pass
    finally:
        continue
