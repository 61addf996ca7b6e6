"""What a sandboxed interpreter has in place of native parts that would look at files, or at the host, by themselves."""

import sys


def _print(kind, value, traceback):
    import traceback as module

    module.print_exception(kind, value, traceback)


def excepthook(kind, value, traceback):
    """Shows an exception; source lines are read with the permissions that the script has."""
    _print(kind, value, traceback)


def unraisablehook(unraisable):
    """Shows an exception that nobody can catch."""
    message = unraisable.err_msg or "Exception ignored in"
    about = "" if unraisable.object is None else f": {unraisable.object!r}"
    print(f"{message}{about}", file=sys.stderr)
    _print(unraisable.exc_type, unraisable.exc_value, unraisable.exc_traceback)


def install():
    sys.excepthook = sys.__excepthook__ = excepthook
    sys.unraisablehook = sys.__unraisablehook__ = unraisablehook
    sys.executable = ""
    if hasattr(sys, "_base_executable"):
        sys._base_executable = ""
    sys.orig_argv = list(sys.argv)
