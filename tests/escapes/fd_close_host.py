"""Closing descriptors of the host."""
# only: kernel

import os
os.closerange(3, 10000)
raise PermissionError("the harness looks whether the host still has its own")
