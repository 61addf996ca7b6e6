# ends: limit
def again():
    try:
        again()
    except BaseException:
        pass
    again()


while True:
    try:
        again()
    except BaseException:
        pass
