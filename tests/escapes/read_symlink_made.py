"""Leaving the granted folder through a link made for it."""

import os
os.symlink(secret, granted + "/mine")
open(granted + "/mine").read()
