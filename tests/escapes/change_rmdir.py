"""Removing a folder."""

import os
os.rmdir(outside + "/empty")
