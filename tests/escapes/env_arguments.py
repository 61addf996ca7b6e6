"""Reading the command line of the host."""
# only: interpreter

import sys
if sys.orig_argv == sys.argv and not sys.executable:
    raise PermissionError("not there")
