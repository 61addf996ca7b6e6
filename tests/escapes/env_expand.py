"""Reading the environment by expanding a path."""
# only: interpreter

import os
if os.path.expandvars("$PATH") == "$PATH":
    raise PermissionError("not there")
