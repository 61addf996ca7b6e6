"""Running a shell by os.popen."""

import os
if os.popen("true").close() is not None:
    raise PermissionError("answered by a number")
