"""Truncating a file."""

import os
os.truncate(secret, 0)
