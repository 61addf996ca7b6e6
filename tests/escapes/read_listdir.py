"""Listing a folder."""

import os
os.listdir(outside)
