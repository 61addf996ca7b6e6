"""Changing the times of a file."""

import os
os.utime(secret, (0, 0))
