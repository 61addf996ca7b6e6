"""Having a signal sent later."""
# refused with: PermissionError, ValueError
# only: interpreter

import signal
signal.alarm(1)
