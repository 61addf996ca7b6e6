"""Killing the process; a worker can end itself so."""
# refused with: PermissionError, SystemExit

import os, signal
os.kill(os.getpid(), signal.SIGKILL)
