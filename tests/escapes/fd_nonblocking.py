"""Making stdout of the host non-blocking."""

import os
os.set_blocking(1, False)
raise PermissionError("the harness looks at its own")
