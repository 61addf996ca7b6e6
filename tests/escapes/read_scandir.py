"""Scanning a folder."""

import os
list(os.scandir(outside))
