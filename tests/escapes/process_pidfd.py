"""Signalling by a descriptor."""

import os
os.pidfd_open(os.getpid())
