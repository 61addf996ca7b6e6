"""Reading an environment variable."""
# only: interpreter

import os
if "PATH" not in os.environ:
    raise PermissionError("not there")
