"""The traceback of code that claims to come from a file."""

import traceback, sys
try:
    exec(compile("1 / 0", secret, "exec"))
except ZeroDivisionError:
    traceback.print_exc()
    sys.excepthook(*sys.exc_info())
    sys.__excepthook__(*sys.exc_info())
raise PermissionError("the harness looks at the output")
