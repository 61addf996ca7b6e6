"""Changing the user."""

import os
os.setuid(65534)
