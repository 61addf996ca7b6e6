"""Changing the owner of a file."""

import os
os.chown(secret, 1, 1)
