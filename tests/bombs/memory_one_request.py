# ends: lost | limit | error MemoryError
data = bytearray(10**10)
