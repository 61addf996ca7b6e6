"""Forking."""

import os
os.fork()
