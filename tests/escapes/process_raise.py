"""Sending a signal to the process."""
# refused with: PermissionError, ValueError
# only: interpreter

import signal
signal.raise_signal(signal.SIGTERM)
