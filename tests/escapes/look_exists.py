"""Asking whether a file exists."""
# only: interpreter

import os
if not os.path.exists(secret):
    raise PermissionError("does not exist, it seems")
