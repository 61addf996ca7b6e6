"""Changing the root."""

import os
os.chroot(granted)
