"""Asking about a file."""
# only: interpreter

import os
os.stat(secret)
