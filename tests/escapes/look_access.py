"""Asking whether a file may be read."""
# only: interpreter

import os
os.access(secret, os.R_OK)
