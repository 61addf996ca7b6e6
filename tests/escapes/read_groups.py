"""Asking for the groups of the system."""

import grp
grp.getgrall()
