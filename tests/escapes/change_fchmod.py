"""Changing the mode of an own file to one that starts with privileges."""

import os
with open(granted + "/own") as f:
    os.fchmod(f.fileno(), 0o6777)
