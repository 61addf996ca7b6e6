"""Asking about a file by a descriptor of a folder."""
# refused with: PermissionError, NotImplementedError
# only: interpreter

import os
d = os.open(granted, os.O_RDONLY)
os.stat("../" + os.path.basename(outside) + "/secret", dir_fd=d)
