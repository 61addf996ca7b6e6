"""Walking over folders."""

import os
if not list(os.walk(outside)):
    raise PermissionError("nothing found")
