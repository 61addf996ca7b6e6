"""Asking for the groups of the system."""

import grp
if not grp.getgrall():
    raise PermissionError("none")
