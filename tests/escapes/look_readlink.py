"""Reading where a link leads."""
# only: interpreter

import os
os.readlink("/proc/self/exe")
