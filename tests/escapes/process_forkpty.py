"""Forking with a terminal."""

import os
os.forkpty()
