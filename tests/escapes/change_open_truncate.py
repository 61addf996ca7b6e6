"""Truncating a file by opening it for reading."""

import os
os.open(secret, os.O_RDONLY | os.O_TRUNC)
