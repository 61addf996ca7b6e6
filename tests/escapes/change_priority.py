"""Changing the priority of the process."""

import os
os.nice(5)
