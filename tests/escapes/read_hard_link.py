"""Bringing a file into the granted folder by a hard link."""
# refused with: PermissionError, OSError

import os
os.link(secret, granted + "/hard")
open(granted + "/hard").read()
