"""What an interpreter that is built ahead imports before anybody knows what it will be, and makes good when it is."""

import sys


def prepare(names):
    """Imports what can be imported of *names*."""
    for name in names:
        try:
            __import__(name)
        except Exception:  # not granted to its kind; whoever imports it later hears of it
            pass


def renew():
    """Brings what was read at import up to date: ids, environment, working directory."""
    modules = sys.modules
    if (os := modules.get("os")) is not None:
        system = modules[os.name]
        for name in ("getpid", "getppid", "kill", "_exit", "putenv", "unsetenv", "_create_environ"):
            if hasattr(system, name) and hasattr(os, name):
                setattr(os, name, getattr(system, name))
        os.reload_environ()
    for name in ("multiprocessing.process", "threading"):
        if (module := modules.get(name)) is not None:
            module._begin_again()
