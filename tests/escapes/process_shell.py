"""Running a shell."""

import os
if os.system("true") != 0:
    raise PermissionError("answered by a number")
