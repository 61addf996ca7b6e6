# ends: limit | lost | error MemoryError
import zlib

small = zlib.compress(bytes(20_000_000))
grow = []
while True:
    grow.append(zlib.decompress(small))
