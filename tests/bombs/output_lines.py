# ends: limit
while True:
    print('flood')
