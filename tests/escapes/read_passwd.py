"""Asking for the users of the system."""

import pwd
pwd.getpwuid(0)
