"""What `threading` remembers for `sys.setprofile` and `sys.settrace`."""

import sys

_profile_hook = None
_trace_hook = None


def setprofile(func):
    """Remembers a function for sys.setprofile. It is of this interpreter: threads are not profiled by it."""
    global _profile_hook
    _profile_hook = func


def setprofile_all_threads(func):
    setprofile(func)
    sys.setprofile(func)


def getprofile():
    return _profile_hook


def settrace(func):
    """Remembers a function for sys.settrace. It is of this interpreter: threads are not traced by it."""
    global _trace_hook
    _trace_hook = func


def settrace_all_threads(func):
    settrace(func)
    sys.settrace(func)


def gettrace():
    return _trace_hook
