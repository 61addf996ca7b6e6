# ends: lost | limit | error MemoryError
pow(3, 10**9)
