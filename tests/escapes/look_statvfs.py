"""Asking about a file system."""

import os
os.statvfs("/")
