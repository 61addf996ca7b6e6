"""Running a shell."""

import os
os.system("true")
