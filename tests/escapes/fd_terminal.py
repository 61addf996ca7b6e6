"""Changing the terminal of the host."""
# refused with: PermissionError, error

import termios
termios.tcgetattr(0)
