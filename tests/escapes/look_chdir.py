"""Changing to a folder that is not granted."""
# only: interpreter

import os
os.chdir(outside)
