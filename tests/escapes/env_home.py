"""Finding the home folder."""
# only: interpreter

import os
if os.path.expanduser("~") == "~":
    raise PermissionError("not known")
