"""Copying descriptors that are not there."""
# only: kernel

import os
with open(granted + "/out", "wb") as f:
    for number in range(3, 200):
        if number == f.fileno():
            continue
        try:
            if os.sendfile(f.fileno(), number, 0, 100):
                break
        except OSError:
            pass
    else:
        raise PermissionError("nothing there")
