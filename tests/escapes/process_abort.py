"""Aborting the process."""
# refused with: SystemExit

import os
os.abort()
