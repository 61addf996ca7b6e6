"""Finding the home folder."""
# refused with: PermissionError
# only: interpreter

import os
os.path.expanduser("~")
