"""Having a signal sent later by a timer."""
# refused with: PermissionError, ValueError
# only: interpreter

import signal
signal.setitimer(signal.ITIMER_REAL, 0.001)
