"""Removing a file."""

import os
os.remove(secret)
