"""Moving a file out of the granted folder."""
# refused with: PermissionError, OSError

import os
os.rename(granted + "/own", outside + "/own")
