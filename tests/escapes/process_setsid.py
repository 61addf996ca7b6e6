"""Changing the session."""

import os
os.setsid()
