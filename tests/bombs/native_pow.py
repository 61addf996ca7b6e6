# ends: lost | error MemoryError
pow(3, 10**9)
