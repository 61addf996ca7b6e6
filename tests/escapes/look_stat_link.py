"""Asking about a file through a link."""
# only: interpreter

import os
os.stat(granted + "/link")
