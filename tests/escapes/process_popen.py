"""Running a shell by os.popen."""

import os
os.popen("true").read()
