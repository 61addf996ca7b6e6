"""Entering new name spaces."""
# refused with: PermissionError, AttributeError

import os
os.unshare(0x10000000)
