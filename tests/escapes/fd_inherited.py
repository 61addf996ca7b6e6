"""Using descriptors of the host."""
# only: kernel

import os
for number in range(3, 1024):
    try:
        os.fstat(number)
        data = os.pread(number, 100, 0)
    except OSError:
        continue
    if b"secret" in data:
        break
else:
    raise PermissionError("nothing there")
