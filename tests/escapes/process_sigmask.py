"""Blocking signals."""
# refused with: PermissionError, ValueError
# only: interpreter

import signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGURG])
