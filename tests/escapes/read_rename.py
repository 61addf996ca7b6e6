"""Moving a file into the granted folder."""
# refused with: PermissionError, OSError

import os
os.rename(secret, granted + "/moved")
