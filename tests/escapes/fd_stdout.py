"""Writing to the stdout of the host by its number."""
# only: kernel

import os
os.write(1, b"secret-marker")
raise PermissionError("the harness looks at what was written")
