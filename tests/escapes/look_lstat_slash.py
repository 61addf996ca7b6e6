"""Asking about what a link leads to by a slash behind it."""
# only: interpreter

import os
os.lstat(granted + "/folder/")
